# shellcheck shell=bash
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "$0")/../lib.sh"

trap restored EXIT
# A lower target that a laptop can reach, and no stabilization window of five minutes.
patch_autoscaler '{"spec": {
  "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 10}}}],
  "behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}}'
load autoscale 600 120
more() { (($(k get deployment httpserver -o jsonpath='{.status.readyReplicas}') > 2)); }
eventually 100 "more than two replicas under load" more
note "$(k get deployment httpserver -o jsonpath='{.status.readyReplicas}') replicas at 600 requests a second"
end_load autoscale
lost_nothing autoscale
eventually 300 "two replicas after the load" settled 2
restored
still_correct

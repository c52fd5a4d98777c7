# shellcheck shell=bash
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "$0")/../lib.sh"

# The autoscaler owns the replicas, so it is asked.
trap restored EXIT
patch_autoscaler '{"spec": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}}'
load scale 100 60
patch_autoscaler '{"spec": {"minReplicas": 5}}'
eventually 60 "five replicas" settled 5
eventually 60 "every replica is scraped once" scraped_once
patch_autoscaler '{"spec": {"minReplicas": 2}}'
eventually 60 "two replicas" settled 2
during_load scale
lost_nothing scale
still_true

# shellcheck shell=bash
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "$0")/../lib.sh"

# The autoscaler sets the number of replicas, so change its limits.
trap restored EXIT
patch_autoscaler '{"spec": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}}'
load before 100 180
patch_autoscaler '{"spec": {"minReplicas": 5}}'
eventually 120 "five replicas" settled 5
eventually 120 "every replica is scraped once" scraped_once
# Keep-alive connections stay on their replica: only new connections reach the new replicas.
load beside 100 30
patch_autoscaler '{"spec": {"minReplicas": 2}}'
eventually 120 "two replicas" settled 2
end_load before
lost_nothing before
lost_nothing beside
jq -e '.replicas | length >= 4' "$out/load-beside.txt" || fail "the new replicas answered nothing"
still_correct

# shellcheck shell=bash
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "$0")/../lib.sh"

trap 'restored; rolled_out' EXIT
k set resources deployment/httpserver --requests memory=40Mi --limits memory=40Mi
patch_autoscaler '{"spec": {"maxReplicas": 2}}'
rolled_out
eventually 180 "two replicas" settled 2
load steady 50 35
load burst 1500 6 '?delay=constant(15s)'
killed() { k get pods -o json | jq -e 'any(.items[].status.containerStatuses[]?; .lastState.terminated.reason == "OOMKilled")'; }
eventually 120 "a container is OOM-killed" killed
eventually 180 "two replicas" settled 2
result=$(report steady)
jq -e '.answered + .failed == .sent' <<<"$result" || fail "the load does not balance: $result"
note "$(jq -r '"\(.failed) of \(.sent) requests lost during the burst"' <<<"$result")"
report burst | jq -c '{sent, answered, failures}'
still_correct

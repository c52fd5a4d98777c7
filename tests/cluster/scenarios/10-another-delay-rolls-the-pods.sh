# shellcheck shell=bash
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "$0")/../lib.sh"

trap 'restored; rolled_out' EXIT
load delay 100 120
apply "$root/tests/cluster/slower"
rolled_out
eventually 180 "the old replicas have ended" settled 2
end_load delay
for pod in $(pods); do pod_answers "$pod" /truth | jq -e '.delay == "constant(300ms)"' || fail "$pod declares another delay"; done
lost_nothing delay
still_correct

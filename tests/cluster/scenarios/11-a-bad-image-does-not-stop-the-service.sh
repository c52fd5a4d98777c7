# shellcheck shell=bash
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "$0")/../lib.sh"

trap 'restored; rolled_out' EXIT
load image 100 120
k set image deployment/httpserver httpserver=httpserver:absent
stuck() { k get pods -o json | jq -e 'any(.items[].status.containerStatuses[]?; .state.waiting.reason | IN("ErrImagePull", "ImagePullBackOff"))'; }
eventually 180 "the new pod waits for its image" stuck
equal "replicas that serve" 2 "$(k get deployment httpserver -o jsonpath='{.status.availableReplicas}')"
k rollout undo deployment/httpserver
rolled_out
end_load image
lost_nothing image

# shellcheck shell=bash
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "$0")/../lib.sh"

evict() {
  kubectl create --raw "/api/v1/namespaces/httpserver/pods/$1/eviction" -f - \
    <<<"{\"apiVersion\": \"policy/v1\", \"kind\": \"Eviction\", \"metadata\": {\"name\": \"$1\", \"namespace\": \"httpserver\"}}"
}

eventually 180 "two replicas" settled 2
mapfile -t two < <(pods)
load evict 100 45
evict "${two[0]}"
refusal=$(evict "${two[1]}" 2>&1) && fail "the second eviction was allowed while the first pod was disrupted"
[[ $refusal == *TooManyRequests* || $refusal == *"disruption budget"* ]] || fail "refused for another reason: $refusal"
eventually 180 "the second eviction succeeds once the replacement is ready" evict "${two[1]}"
eventually 180 "two new replicas" settled 2
during_load evict
lost_nothing evict
still_correct

# shellcheck shell=bash
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "$0")/../lib.sh"

evict() {
  kubectl create --raw "/api/v1/namespaces/httpserver/pods/$1/eviction" -f - \
    <<<"{\"apiVersion\": \"policy/v1\", \"kind\": \"Eviction\", \"metadata\": {\"name\": \"$1\", \"namespace\": \"httpserver\"}}"
}

eventually 180 "two replicas" settled 2
mapfile -t two < <(pods)
load evict 100 120
# Both at once, before a replacement can be ready.
for pod in "${two[@]}"; do evict "$pod" >"$out/evict-$pod" 2>&1 & done
wait
mapfile -t refused < <(cd "$out" && grep -lE "TooManyRequests|disruption budget" "${two[@]/#/evict-}")
((${#refused[@]} == 1)) || fail "${#refused[@]} of two evictions were refused: $(cat "$out"/evict-*)"
eventually 180 "the other eviction succeeds once the replacement is ready" evict "${refused[0]#evict-}"
eventually 180 "two new replicas" settled 2
end_load evict
lost_nothing evict
still_correct

# shellcheck shell=bash
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "$0")/../lib.sh"

pod=$(pods | head -n 1)
for path in /healthz /readyz; do
  pod_answers "$pod" "/images?delay=constant(1s)" >/dev/null
  # Each would take a second if it were delayed as the request before it.
  began=$SECONDS
  for _ in {1..20}; do equal "$path" ok "$(pod_answers "$pod" "$path")"; done
  ((SECONDS - began < 18)) || fail "20 of $path took $((SECONDS - began)) s"
done

# A request that takes longer than the drain delay, while its pod ends.
in_flight() { (($(kubectl get --raw "/api/v1/namespaces/httpserver/pods/$pod:9464/proxy/metrics" | sed -n 's/^http_server_active_requests.* //p') > 0)); }
pod_answers "$pod" "/images?delay=constant(9s)" >"$out/last-answer" &
answer=$!
eventually 60 "the request is in flight" in_flight
k delete pod "$pod" --wait=false
not_ready() { [[ $(pod_answers "$pod" /readyz 2>&1) == *ServiceUnavailable* || $(pod_answers "$pod" /readyz 2>&1) == *"currently unable"* ]]; }
eventually 60 "/readyz returns 503 while draining" not_ready
equal "liveness while draining" ok "$(pod_answers "$pod" /healthz)"
wait "$answer" || fail "the request in flight was lost"
equal "the response of the draining pod" "<h1>9000</h1>" "$(cat "$out/last-answer")"
eventually 180 "a replacement is ready, and the pod is gone" settled 2

# shellcheck shell=bash
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "$0")/../lib.sh"

undone() {
  k logs deployment/canary --all-pods --tail 30 || true
  kubectl delete -k "$root/k8s/canary" --ignore-not-found
  restored
}
trap undone EXIT

kubectl kustomize "$root/k8s/canary" | sed 's/--every=1m/--every=25s/; s/--deadline=2m/--deadline=30s/' |
  kubectl apply --server-side -f -
k rollout status deployment/canary --timeout 120s

# found QUERY: the query has a result
found() { (($(prometheus "$1" | jq length) > 0)); }
passed='httpserver_canary_rounds_total{hop="round",verdict=~"pass|warn"} > 0'
eventually 150 "a round passes" found "$passed"
equal "scraped canaries" 1 "$(prometheus 'up{job="httpserver-canary"} == 1' | jq length)"
for stage in metrics prometheus traces; do
  eventually 150 "the lag of $stage is a native histogram" \
    found "histogram_quantile(0.95, sum by (stage) (rate(httpserver_canary_visible_seconds{stage=\"$stage\"}[5m]))) > 0"
done
note "$(prometheus 'histogram_quantile(0.95, sum by (stage) (rate(httpserver_canary_visible_seconds[5m])))' |
  jq -r 'map("\(.metric.stage) p95 \(.value[1] | tonumber | round) s") | "visible after: " + join(", ")')"

m scale deployment/jaeger --replicas 0
eventually 120 "the traces are named" found 'httpserver_canary_hop_ok{hop="traces"} == 0'
broken=$SECONDS
eventually 150 "CanaryFailing fires" found 'ALERTS{alertname="CanaryFailing",alertstate="firing",hop="traces"}'
note "CanaryFailing fired $((SECONDS - broken)) s after the first round that failed"
# Exemplars are compared with their traces, so that hop may fail too.
equal "alerts on hops that work" '[]' "$(prometheus 'ALERTS{alertname="CanaryFailing",hop!~"traces|exemplars"}')"
only_traces() { [[ $(prometheus 'httpserver_canary_hop_ok{hop!="exemplars"} == 0' | jq -c 'map(.metric.hop) | sort') == '["round","traces"]' ]]; }
eventually 100 "only the traces, and with them the round, are not right" only_traces

m scale deployment/jaeger --replicas 1
m rollout status deployment/jaeger --timeout 300s
eventually 300 "the traces pass again" found 'httpserver_canary_hop_ok{hop="traces"} == 1'
eventually 150 "a whole round passes again" found 'httpserver_canary_hop_ok{hop="round"} == 1'

# shellcheck shell=bash
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "$0")/../lib.sh"

trap restored EXIT
spans() { prometheus "sum(otel_sdk_exporter_span_exported_total{error_type$1\"\"}) or vector(0)" | jq -r '.[0].value[1]'; }
gone() { [[ -z $(m get pods -l app.kubernetes.io/name=otel-collector -o name) ]]; }
read -r lost delivered < <(echo "$(spans '!=')" "$(spans '=')")
load collector 100 300
m scale deployment/otel-collector --replicas 0
eventually 120 "the collector has ended" gone
sleep 15 # some time without it: nothing in the service may change
m scale deployment/otel-collector --replicas 1
m rollout status deployment/otel-collector --timeout 300s
# Each replica: one may deliver again before another.
back=$(date +%s)
own='sum by (instance) (otel_sdk_exporter_span_exported_total{error_type=""}'
more() { [[ $(prometheus "min($own) - $own @ $back)) > 0" | jq length) = 1 ]]; }
eventually 240 "each replica delivers spans again" more
end_load collector
lost_nothing collector
note "$(($(spans '!=') - lost)) spans lost, $(($(spans '=') - delivered)) delivered around the outage"
still_correct

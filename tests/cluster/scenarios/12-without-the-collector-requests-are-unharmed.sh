# shellcheck shell=bash
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "$0")/../lib.sh"

trap restored EXIT
load collector 100 45
m scale deployment/otel-collector --replicas 0
unheard() { prometheus 'sum(increase(otel_sdk_exporter_span_exported_total{error_type!=""}[1m])) > 0' | jq -e 'length > 0'; }
eventually 40 "the service counts the spans that it cannot deliver" unheard
m scale deployment/otel-collector --replicas 1
m rollout status deployment/otel-collector --timeout 60s
during_load collector
lost_nothing collector
still_true

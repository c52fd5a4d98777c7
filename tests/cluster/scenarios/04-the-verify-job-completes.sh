# shellcheck shell=bash
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "$0")/../lib.sh"

without_load
eventually 180 "every replica is scraped once" scraped_once
verify 30 || fail "verify failed, see its report above"

# The same requests are in the native histograms, and some of them are exemplars.
native_p99() { [[ $(prometheus 'job:cloudnative_execution_latency_seconds:native_p99_5m{job="httpserver"} > 0' | jq length) = 1 ]]; }
eventually 120 "a p99 of the native histograms is recorded" native_p99
traced=$(exemplars 'cloudnative_execution_latency_seconds_bucket{step="total"}' | jq '[.[].exemplars[].labels.trace_id | strings] | length')
((traced > 0)) || fail "Prometheus has no exemplar with a trace id"
note "$traced exemplars"

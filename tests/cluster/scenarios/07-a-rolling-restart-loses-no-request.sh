# shellcheck shell=bash
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "$0")/../lib.sh"

without_load
load restart 100 120
k rollout restart deployment/httpserver
rolled_out
eventually 180 "the old replicas have ended" settled 2
end_load restart
lost_nothing restart

# Each response is counted, too: a replica ends when its last scrape is done.
eventually 180 "every replica is scraped once" scraped_once
rate='sum(rate(cloudnative_requests_accepted_total{job="httpserver"}[15s]))'
rate_is() { [[ $(prometheus "$rate $1" | jq length) = 1 ]]; }
eventually 60 "no request of the load is in the rate any more" rate_is '== 0'
verify 40 --wait=40s &
running=$!
eventually 180 "the requests of verify are scraped" rate_is '> 25'
k rollout restart deployment/httpserver
rolled_out
sending verify || fail "verify ended before the restart was complete"
wait "$running" || fail "verify failed in a rolling restart, see its report above"
note "$(grep -m 1 -o '[0-9]* observations in [0-9]* buckets of [0-9]* replicas' "$out/verify.txt"), each counted in Prometheus"

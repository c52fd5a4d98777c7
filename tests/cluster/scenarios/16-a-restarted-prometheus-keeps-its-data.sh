# shellcheck shell=bash
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "$0")/../lib.sh"

pod=$(m get pods -l app.kubernetes.io/name=prometheus -o jsonpath='{.items[0].metadata.name}')
mapfile -t ids < <(processes httpserver-monitoring "$pod")
if ((!${#ids[@]})); then
  note "skipped: the node does not run on this machine"
  exit
fi
restarts() { m get pod "$pod" -o jsonpath='{.status.containerStatuses[0].restartCount}'; }
before=$(restarts)
oldest() { prometheus 'min_over_time(timestamp(up{job="prometheus"})[6h:30s])' | jq -r '.[0].value[1] | tonumber | floor'; }
first=$(oldest)
kill -9 "${ids[@]}"
restarted() { (($(restarts) > before)); }
eventually 180 "the container is started again" restarted
m wait --for condition=Ready "pod/$pod" --timeout 300s
eventually 180 "it scrapes again" scraped_once
(($(oldest) <= first + 5)) || fail "the oldest sample was of $first, now of $(oldest)"

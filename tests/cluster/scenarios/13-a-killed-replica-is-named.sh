# shellcheck shell=bash
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "$0")/../lib.sh"

pod=$(pods | head -n 1)
mapfile -t ids < <(processes httpserver "$pod")
if ((!${#ids[@]})); then
  note "skipped: the node does not run on this machine"
  exit
fi
instance=$(pod_answers "$pod" /truth | jq -r '.. | strings | select(test("^[0-9a-f]{8}-[0-9a-f]{4}-"))' | head -n 1)
load killed 100 40
verify 20 --wait=20s >"$out/verify-killed.txt" 2>&1 &
verdict=$!
eventually 60 "verify sends" sending verify
sleep 8 # into the run; there is no condition to wait for
kill -9 "${ids[@]}"
restarted() { (($(k get pod "$pod" -o jsonpath='{.status.containerStatuses[0].restartCount}') > 0)); }
eventually 120 "the container is started again" restarted
eventually 120 "two replicas" settled 2
during_load killed

result=$(report killed)
jq -e '.answered + .failed == .sent and .sent == .intended and .failed < 300' <<<"$result" || fail "the load does not balance: $result"
note "$(jq -r '"\(.failed) of \(.sent) requests lost: \(.failures | map_values(.count))"' <<<"$result")"
if wait "$verdict"; then fail "verify did not report the kill: $(cat "$out/verify-killed.txt")"; fi
grep -E "$pod|$instance" "$out/verify-killed.txt" || fail "verify does not name $pod ($instance): $(cat "$out/verify-killed.txt")"
still_correct

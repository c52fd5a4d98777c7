# shellcheck shell=bash
# Sourced by run.sh and by each scenario: queries the cluster, waits for it, and puts load on the service.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
stack=${CLUSTER_STACK:-$root/tests/cluster/stack}
out=${CLUSTER_OUT:-$(mktemp -d "${TMPDIR:-/tmp}/cluster-test.XXXXXX")}

k() { kubectl --namespace httpserver "$@"; }
m() { kubectl --namespace httpserver-monitoring "$@"; }

# note TEXT: a finding that run.sh prints below the verdict
note() { echo "#note: $*"; }
fail() {
  echo "FAILED: $*"
  exit 1
}

# eventually SECONDS TEXT COMMAND...: retries COMMAND until it succeeds
eventually() {
  local deadline=$((SECONDS + $1)) text=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || fail "timed out: $text"
    sleep 0.5
  done
}

# equal TEXT EXPECTED FOUND
equal() { [[ $2 = "$3" ]] || fail "$1: expected $2, found $3"; }

# --- the service

apply() { kubectl apply --server-side -k "${1:-$stack}"; }

# without_load: ends the constant load, and waits for its last response
without_load() {
  k scale deployment/load --replicas 0
  eventually 120 "the load has ended" no_load
}
no_load() { local left; left=$(k get pods -l app.kubernetes.io/component=load-generator -o name) && [[ -z $left ]]; }

# restored: applies the stack again, over any manual change
restored() { kubectl apply --server-side --force-conflicts -k "$stack" && without_load; }

rolled_out() { k rollout status deployment/httpserver --timeout 300s; }

# pods: the names of the replicas that are not terminating
pods() { k get pods -l app.kubernetes.io/name=httpserver -o json | jq -r '.items[] | select(.metadata.deletionTimestamp | not) | .metadata.name'; }

# settled N: N replicas, all ready, none terminating
settled() {
  [[ $(k get pods -l app.kubernetes.io/name=httpserver -o json | jq '[.items[].status.conditions[]? | select(.type == "Ready" and .status == "True")] | length') = "$1" ]] &&
    [[ $(k get pods -l app.kubernetes.io/name=httpserver -o name | wc -l) = "$1" ]]
}

# pod_answers POD PATH: prints the response body; fails for a status of 400 or above. Goes through the API server.
pod_answers() { kubectl get --raw "/api/v1/namespaces/httpserver/pods/$1:8080/proxy$2"; }

# patch_autoscaler JSON
patch_autoscaler() { k patch horizontalpodautoscaler httpserver --type merge --patch "$1"; }

# processes NAMESPACE POD: the process ids of the pod, if the node runs on this machine
processes() {
  local uid
  uid=$(kubectl --namespace "$1" get pod "$2" -o jsonpath='{.metadata.uid}')
  grep -lE "pod(${uid}|${uid//-/_})/" /proc/[0-9]*/cgroup 2>/dev/null | cut -d/ -f3 |
    while read -r id; do if [[ $(cat "/proc/$id/comm") != pause ]]; then echo "$id"; fi; done
}

# --- the pipeline

# prometheus_api PATH: `data` of a response of Prometheus' API, as JSON
prometheus_api() {
  kubectl get --raw "/api/v1/namespaces/httpserver-monitoring/services/prometheus:9090/proxy/api/v1/$1" | jq -c .data
}

escaped() { jq -rn --arg text "$1" '$text | @uri'; }

# prometheus QUERY: the result of an instant query, as JSON
prometheus() { prometheus_api "query?query=$(escaped "$1")" | jq -c .result; }

# exemplars QUERY: each series that has exemplars, with them, as JSON
exemplars() { prometheus_api "query_exemplars?query=$(escaped "$1")&start=0&end=9999999999"; }

# targets: `pod health` of each target of the service
targets() {
  prometheus_api "targets?state=active" |
    jq -r '.activeTargets[] | select(.labels.job == "httpserver") | .labels.pod + " " + .health' | sort
}

# scraped_once: each replica is exactly one healthy target, and there is no other target
scraped_once() { [[ $(targets) = "$(pods | sort | sed 's/$/ up/')" ]]; }

# verify SECONDS [OPTION]: the Job of k8s/verify, with another duration; its report is in $out/verify.txt. Timers fire late
# on a busy machine, which is not under test here, so CLUSTER_CLOCK_ERROR raises the limit of the clock error.
verify() {
  k delete job verify --ignore-not-found --wait >/dev/null
  kubectl kustomize "$root/k8s/verify" |
    sed "s/--duration=60s/--duration=$1s/; s/- --exclusive/&\n        - --max-clock-error=${CLUSTER_CLOCK_ERROR:-2s}${2:+\n        - $2}/" |
    kubectl apply --server-side -f - >/dev/null
  eventually $(($1 + 180)) "verify ends" ended verify
  k logs job/verify >"$out/verify.txt" 2>&1 || true
  cat "$out/verify.txt"
  [[ $(k get job verify -o jsonpath='{.status.succeeded}') = 1 ]]
}

# still_correct: after a change, a short verify passes
still_correct() {
  eventually 180 "every replica is scraped once" scraped_once
  verify 10 --wait=20s || fail "verify failed, see its report above"
}

# --- load

ended() { [[ -n $(k get job "$1" -o jsonpath='{.status.succeeded}{.status.failed}') ]]; }
sending() { [[ $(k get pods -l job-name="$1" -o jsonpath='{.items[0].status.phase}') = Running ]]; }

# load NAME RATE SECONDS [QUERY]: a Job with constant load (open loop); returns when it has started
load() {
  k delete job "load-$1" --ignore-not-found --wait >/dev/null
  kubectl kustomize "$root/tests/cluster/load" |
    sed "s|NAME|load-$1|; s|RATE|$2|; s|SECONDS|$3|; s|QUERY|${4:-}|" | kubectl apply --server-side -f - >/dev/null
  eventually 120 "load-$1 sends" sending "load-$1"
}

# during_load NAME: fails unless the load still runs, or the change was not tested under load
during_load() { sending "load-$1" || fail "the load ended before the change was complete"; }

# end_load NAME: as during_load, and ends the load early, if the node runs on this machine
end_load() {
  local ids
  during_load "$1"
  mapfile -t ids < <(processes httpserver "$(k get pods -l job-name="load-$1" -o jsonpath='{.items[0].metadata.name}')")
  ((!${#ids[@]})) || kill -TERM "${ids[@]}"
}

# report NAME: waits until the load ends; prints its report as one line of JSON
report() {
  eventually 400 "load-$1 ends" ended "load-$1"
  k logs "job/load-$1" >"$out/load-$1.txt"
  jq -c . "$out/load-$1.txt" || fail "not a report: $(cat "$out/load-$1.txt")"
}

# lost_nothing NAME: every request was answered with 200, and what was due was sent, except the last ones before an early end
lost_nothing() {
  local result
  result=$(report "$1")
  echo "$result"
  jq -e '.sent >= 0.99 * .intended and .answered == .sent and .statuses == {"200": .sent}' <<<"$result" >/dev/null ||
    fail "requests were lost: $(jq -c '{intended, sent, answered, statuses, failures}' <<<"$result")"
  note "$(jq -r '"\(.sent) requests, none lost; response time p99 \(.response_time.p99 * 1000 | round) ms; answered by \(.replicas | length) replicas"' <<<"$result")"
}

# cluster_state: pods and recent events, printed after a failure
cluster_state() {
  kubectl get pods -A -o wide || true
  kubectl get events -A --sort-by=.lastTimestamp -o custom-columns=KIND:.involvedObject.kind,NAME:.involvedObject.name,REASON:.reason,MESSAGE:.message 2>/dev/null |
    tail -n 8 | cut -c1-160 || true
}

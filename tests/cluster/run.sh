#!/usr/bin/env bash
# Tests k8s/ in a real cluster, scenario by scenario; needs kubectl and jq. It creates and removes the
# namespaces `httpserver` and `httpserver-monitoring`, so it refuses a cluster that may not be for tests.
# Usage: run.sh [WORD...]     runs the scenarios whose file name contains one of the words; without words, all
#   CLUSTER_LOAD=COMMAND      a command that copies the images named as its arguments into the cluster
#   CLUSTER_STACK=DIR         what to apply; by default k8s without Grafana
#   CLUSTER_CONTEXT=NAME      allows this context, whatever its name
#   LAB_REQUIRED=1            without a cluster this fails instead of being skipped
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/cluster/lib.sh
. "$here/lib.sh"
export CLUSTER_OUT=$out

skip() {
  echo "skipped: $1"
  exit "${LAB_REQUIRED:-0}"
}

needs_cluster() {
  local context
  command -v kubectl >/dev/null || skip "kubectl is not installed"
  command -v jq >/dev/null || skip "jq is not installed"
  kubectl get --raw /readyz >/dev/null 2>&1 || skip "no cluster: kubectl get --raw /readyz failed"
  context=$(kubectl config current-context)
  case $context in
  lab | kind-* | minikube | k3d-*) ;;
  *) [[ ${CLUSTER_CONTEXT:-} = "$context" ]] || skip "context $context may be a real cluster; set CLUSTER_CONTEXT=$context to run anyway" ;;
  esac
}

load_images() {
  [[ -n ${CLUSTER_LOAD:-} ]] || return 0
  # shellcheck disable=SC2086,SC2046
  $CLUSTER_LOAD $(kubectl kustomize "$stack" | sed -n 's/^ *-\{0,1\} *image: //p' | sort -u)
}

# wanted TITLE: no word was given, or TITLE contains one of them
wanted() {
  local word
  ((${#words[@]})) || return 0
  for word in "${words[@]}"; do if [[ $1 == *"$word"* ]]; then return 0; fi; done
  return 1
}

words=("$@")
needs_cluster
load_images
failed=()
for scenario in "$here"/scenarios/*.sh; do
  title=$(basename "$scenario" .sh)
  wanted "$title" || continue
  begin=$SECONDS
  if bash -euo pipefail "$scenario" >"$out/$title.log" 2>&1; then
    verdict=PASS
  else
    verdict=FAIL
    failed+=("$title")
  fi
  printf '%s  %3d s  %s\n' "$verdict" $((SECONDS - begin)) "$(tr - ' ' <<<"${title#*-}")"
  sed -n 's/^#note: /            /p' "$out/$title.log"
  [[ $verdict = PASS ]] || { sed 's/^/    | /' "$out/$title.log"; cluster_state | sed 's/^/    | /'; }
done
echo "${#failed[@]} failed, $SECONDS s; logs in $out"
((!${#failed[@]}))

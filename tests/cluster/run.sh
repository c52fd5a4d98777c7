#!/usr/bin/env bash
# Tries k8s/ in a real cluster, scenario by scenario; needs kubectl and jq. It makes and removes the
# namespaces `httpserver` and `httpserver-monitoring`, so it refuses a cluster that is not made for trials.
# Usage: run.sh [WORD...]     runs the scenarios whose file name contains one of the words; all without words
#   CLUSTER_LOAD=COMMAND      called with the names of images, copies them into the cluster
#   CLUSTER_STACK=DIR         what to apply; by default k8s without Grafana
#   CLUSTER_CONTEXT=NAME      the context is meant, whatever its name
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
  command -v kubectl >/dev/null || skip "no kubectl"
  command -v jq >/dev/null || skip "no jq"
  kubectl get --raw /readyz >/dev/null 2>&1 || skip "no cluster answers to kubectl get --raw /readyz"
  context=$(kubectl config current-context)
  case $context in
  lab | kind-* | minikube | k3d-*) ;;
  *) [[ ${CLUSTER_CONTEXT:-} = "$context" ]] || skip "context $context may be a real cluster; CLUSTER_CONTEXT=$context says that it is not" ;;
  esac
}

load_images() {
  [[ -n ${CLUSTER_LOAD:-} ]] || return 0
  # shellcheck disable=SC2086,SC2046
  $CLUSTER_LOAD $(kubectl kustomize "$stack" | sed -n 's/^ *-\{0,1\} *image: //p' | sort -u)
}

# wanted TITLE: no word was given, or TITLE holds one of them
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
  sed -n 's/^#said: /            /p' "$out/$title.log"
  [[ $verdict = PASS ]] || { sed 's/^/    | /' "$out/$title.log"; state_of_things | sed 's/^/    | /'; }
done
echo "${#failed[@]} failed, $SECONDS s; logs in $out"
((!${#failed[@]}))

#!/usr/bin/env bash
# Checks the manifests with every tool that is there: kubeconform, kubernetes-validate, kube-linter, kube-score.
# LAB_REQUIRED=1 fails where one is missing. KUBECONFORM_SCHEMAS is the template of where schemas lie, for machines that
# reach no public ones; by default those below $LAB_DIR, where that is set.
# Usage: lint.sh
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
file='{{.ResourceKind}}{{.KindSuffix}}.json'
schemas=${KUBECONFORM_SCHEMAS:-${LAB_DIR:+$LAB_DIR/schemas/$file}}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
code=0

# check TOOL COMMAND...: runs it, or says that the tool is missing
check() {
  local tool=$1
  shift
  if ! command -v "$tool" >/dev/null; then
    echo "skipped: no $tool"
    code=$((code | ${LAB_REQUIRED:-0}))
  elif "$@" >"$work/said" 2>&1; then
    echo "PASS  $*" | sed "s|$work/||g"
  else
    echo "FAIL  $*" | sed "s|$work/||g"
    sed 's/^/    | /' "$work/said"
    code=1
  fi
}

kubectl kustomize "$root/k8s" >"$work/root.yaml"
kubectl kustomize "$root/k8s/verify" >"$work/verify.yaml"
kubectl kustomize "$root/k8s/prometheus-operator" >"$work/operator.yaml"

# The operator's kinds have no schema in Kubernetes: the API server of a cluster that runs it checks them.
check kubeconform kubeconform -strict -skip PodMonitor,PrometheusRule ${schemas:+-schema-location "$schemas"} \
  "$work/root.yaml" "$work/verify.yaml" "$work/operator.yaml"
for version in 1.30 1.31 1.32 1.33 1.34; do
  check kubernetes-validate kubernetes-validate --strict --quiet -k "$version" "$work/root.yaml" "$work/verify.yaml"
done
check kube-linter kube-linter lint "$work/root.yaml" "$work/verify.yaml"
check kube-score kube-score score --exit-one-on-warning "$work/root.yaml" "$work/verify.yaml"
exit "$code"

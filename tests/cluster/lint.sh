#!/usr/bin/env bash
# Checks the manifests with every installed tool: kubeconform, kubernetes-validate, kube-linter, kube-score.
# With LAB_REQUIRED=1 a missing tool is a failure. KUBECONFORM_SCHEMAS is the location template of the schemas, for machines
# that cannot reach the public ones; by default those below $LAB_DIR, if it is set.
# Usage: lint.sh
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
file='{{.ResourceKind}}{{.KindSuffix}}.json'
schemas=${KUBECONFORM_SCHEMAS:-${LAB_DIR:+$LAB_DIR/schemas/$file}}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
code=0

# check TOOL COMMAND...: runs COMMAND, or reports that TOOL is missing
check() {
  local tool=$1
  shift
  if ! command -v "$tool" >/dev/null; then
    echo "skipped: $tool is not installed"
    code=$((code | ${LAB_REQUIRED:-0}))
  elif "$@" >"$work/output" 2>&1; then
    echo "PASS  $*" | sed "s|$work/||g"
  else
    echo "FAIL  $*" | sed "s|$work/||g"
    sed 's/^/    | /' "$work/output"
    code=1
  fi
}

kubectl kustomize "$root/k8s" >"$work/root.yaml"
kubectl kustomize "$root/k8s/verify" >"$work/verify.yaml"
kubectl kustomize "$root/k8s/canary" >"$work/canary.yaml"
kubectl kustomize "$root/k8s/prometheus-operator" >"$work/operator.yaml"
own=("$work/root.yaml" "$work/verify.yaml" "$work/canary.yaml")

# The operator's kinds have no schema in Kubernetes; the API server of a cluster with the operator checks them.
check kubeconform kubeconform -strict -skip PodMonitor,PrometheusRule ${schemas:+-schema-location "$schemas"} \
  "${own[@]}" "$work/operator.yaml"
for version in 1.30 1.31 1.32 1.33 1.34; do
  check kubernetes-validate kubernetes-validate --strict --quiet -k "$version" "${own[@]}"
done
check kube-linter kube-linter lint "${own[@]}"
check kube-score kube-score score --exit-one-on-warning "${own[@]}"
exit "$code"

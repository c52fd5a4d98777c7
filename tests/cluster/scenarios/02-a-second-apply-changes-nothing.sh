# shellcheck shell=bash
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "$0")/../lib.sh"

rolled_out
kubectl diff --server-side -k "$stack" || fail "kubectl diff is not empty after the apply"
before=$(k get deployment httpserver -o jsonpath='{.metadata.generation}')
apply
equal "generation" "$before" "$(k get deployment httpserver -o jsonpath='{.metadata.generation}')"
equal "replicas, set by the autoscaler" 2 "$(k get deployment httpserver -o jsonpath='{.spec.replicas}')"

# shellcheck shell=bash
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "$0")/../lib.sh"

for namespace in httpserver httpserver-monitoring; do
  refusal=$(kubectl --namespace "$namespace" run wants-more --image httpserver:dev --privileged 2>&1) && fail "$namespace: the pod was admitted"
  [[ $refusal == *'violates PodSecurity "restricted'* ]] || fail "$namespace: refused for another reason: $refusal"
done

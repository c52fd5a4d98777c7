# shellcheck shell=bash
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "$0")/../lib.sh"

for part in verify canary; do kubectl delete -k "$root/k8s/$part" --ignore-not-found; done
kubectl delete -k "$stack" --ignore-not-found --timeout 300s
absent() { [[ -z $(kubectl get namespace "$1" --ignore-not-found -o name) ]]; }
for namespace in httpserver httpserver-monitoring; do
  eventually 300 "namespace $namespace is deleted" absent "$namespace"
done
left=$(kubectl api-resources --verbs list --output name | grep -v metrics.k8s.io |
  xargs -n 1 kubectl get -A -l app.kubernetes.io/part-of=httpserver --ignore-not-found -o name 2>/dev/null)
equal "objects that remain" "" "$left"

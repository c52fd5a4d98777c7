# shellcheck shell=bash
# shellcheck source=tests/cluster/lib.sh
. "$(dirname "$0")/../lib.sh"

kubectl delete namespace httpserver httpserver-monitoring --ignore-not-found --wait --timeout 300s
apply
for deployment in httpserver load; do k rollout status "deployment/$deployment" --timeout 300s; done
for deployment in jaeger otel-collector prometheus; do m rollout status "deployment/$deployment" --timeout 300s; done
eventually 180 "the autoscaler starts two replicas" settled 2
note "ready after $SECONDS s"

#!/usr/bin/env bash
# Makes prometheus-rule.yaml from prometheus/rules.yml; a test holds them together.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
{
  cat <<'Y'
# Made by make-rule.sh from prometheus/rules.yml.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: httpserver
  labels:
    app.kubernetes.io/name: httpserver
spec:
Y
  sed -n '/^groups:/,$p' "$here/../../prometheus/rules.yml" | sed 's/^./  &/'
} >"$here/prometheus-rule.yaml"

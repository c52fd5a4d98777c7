"""Reads an OpenMetrics exposition from standard input by the strict parser of prometheus_client. Prints its families as
JSON: name to type, unit, and samples (name, labels, value, exemplar)."""

import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

families = {}
for family in text_string_to_metric_families(sys.stdin.read()):
    samples = [
        [s.name, s.labels, s.value, s.exemplar and [s.exemplar.labels, s.exemplar.value, s.exemplar.timestamp]]
        for s in family.samples
    ]
    families[family.name] = {"type": family.type, "unit": family.unit, "samples": samples}
json.dump(families, sys.stdout, default=float)

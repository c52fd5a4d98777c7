// promql

// The queries that give the numbers of the page in Prometheus.

/** The queries for one percentile, by the column of the table. */
export function queries(namespace, q) {
  const name = `${namespace}_execution_latency_seconds`;
  return {
    truth: `${namespace}_truth_quantile_seconds{q="${q}"}`,
    classic: `histogram_quantile(${q}, sum by (le) (rate(${name}_bucket{step="total"}[1m])))`,
    native: `histogram_quantile(${q}, sum(rate(${name}{step="total"}[1m])))`,
  };
}

/** Where a Prometheus shows the result of a query. */
export function link(prometheus, query) {
  return `${prometheus.replace(/\/+$/, '')}/query?${new URLSearchParams({ 'g0.expr': query, 'g0.tab': 'graph' })}`;
}

/** Copies text; where the browser does not allow it, selects it to be copied by hand. Returns what happened. */
export async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return 'copied';
  } catch {
    getSelection().selectAllChildren(element);
    return 'selected';
  }
}

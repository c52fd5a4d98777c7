//! Every `PromQL` expression of dashboards and rules, and the metrics in it.

use std::collections::BTreeSet;

use serde_json::Value;

/// An expression, and where it is.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) place: String,
    pub(crate) expr: String,
    /// Whether exemplars are asked for, too.
    pub(crate) exemplars: bool,
}

/// The expressions of a dashboard's panels, rows included, with its variables set to everything.
pub(crate) fn of_dashboard(name: &str, json: &str) -> Vec<Query> {
    let dashboard: Value = serde_json::from_str(json).unwrap();
    let mut queries = Vec::new();
    collect(name, &dashboard["panels"], &mut queries);
    assert!(!queries.is_empty(), "{name} has no expression");
    queries
}

fn collect(name: &str, panels: &Value, queries: &mut Vec<Query>) {
    for panel in panels.as_array().into_iter().flatten() {
        let title = panel["title"].as_str().unwrap_or("untitled");
        for target in panel["targets"].as_array().into_iter().flatten() {
            if let Some(expr) = target["expr"].as_str() {
                queries.push(Query {
                    place: format!("{name}, panel {title:?}"),
                    expr: everything(expr),
                    exemplars: target["exemplar"] == true,
                });
            }
        }
        collect(name, &panel["panels"], queries);
    }
}

/// Grafana's own variables as Grafana would set them at a scrape interval of 5 s; all others to "all".
fn everything(expr: &str) -> String {
    let expr = expr
        .replace("$__rate_interval", "20s")
        .replace("$__interval", "5s")
        .replace("$__range", "15m");
    let mut parts = expr.split('$');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let name = part.trim_start_matches('{');
        let end = name
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(name.len());
        out.push_str(".*");
        out.push_str(name[end..].trim_start_matches('}'));
    }
    out
}

/// The expressions of a rules file: `expr:` lines and their indented blocks.
pub(crate) fn of_rules(yaml: &str) -> Vec<Query> {
    let mut queries: Vec<Query> = Vec::new();
    let mut block = None;
    for line in yaml.lines() {
        let indent = line.len() - line.trim_start().len();
        if block.is_some_and(|at| indent > at) {
            if let Some(query) = queries.last_mut() {
                query.expr.push_str(line);
                query.expr.push('\n');
            }
            continue;
        }
        block = None;
        if let Some(expr) = line.trim_start().strip_prefix("expr: ") {
            let inline = expr != "|";
            block = (!inline).then_some(indent);
            queries.push(Query {
                place: format!("rule {}", queries.len() + 1),
                expr: if inline {
                    expr.to_owned()
                } else {
                    String::new()
                },
                exemplars: false,
            });
        }
    }
    queries
}

/// The metrics in an expression: words other than functions, keywords, labels, matchers and durations.
pub(crate) fn metrics(expr: &str) -> BTreeSet<String> {
    const KEYWORDS: [&str; 6] = ["and", "or", "unless", "bool", "offset", "atan2"];
    const LISTS: [&str; 6] = [
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
    ];
    let mut names = BTreeSet::new();
    let mut rest = expr;
    while let Some(first) = rest.chars().next() {
        let length = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':')
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        let next = after.trim_start();
        rest = match first {
            '"' => after_closing(&rest[1..], '"'),
            '{' => after_closing(rest, '}'),
            '[' => after_closing(rest, ']'),
            _ if LISTS.contains(&word) && next.starts_with('(') => after_closing(next, ')'),
            _ if first.is_alphabetic() || first == '_' || first == ':' => {
                let call = ["(", "by ", "by(", "without "];
                let called = call.iter().any(|start| next.starts_with(start));
                if !called && !KEYWORDS.contains(&word) && !LISTS.contains(&word) {
                    names.insert(word.to_owned());
                }
                after
            }
            _ => &rest[length.max(first.len_utf8())..],
        };
    }
    names
}

/// The text after the next `close`; matchers here do not contain it in strings.
fn after_closing(text: &str, close: char) -> &str {
    text.split_once(close).map_or("", |(_, after)| after)
}

#[test]
fn the_metrics_of_an_expression_are_found_among_functions_and_labels() {
    let expr = r#"histogram_quantile(0.99, sum by (le) (rate(a_bucket{step="total"}[5m]))) / on (job) group_left () b:c or 0 * d > 1e3 and time() - e offset 5m"#;
    let found: Vec<_> = metrics(expr).into_iter().collect();
    assert_eq!(found, ["a_bucket", "b:c", "d", "e"]);
}

//! Numbers between a test and the page, where JSON knows neither NaN nor infinity: as text that begins with `#`.

use serde_json::Value;

use crate::browser::Browser;

/// Functions for scripts in the page: `into` and `out` translate numbers in any JSON, `plain` writes families as JSON.
const SCRIPT: &str = r"
    const at = (path) => new URL(path, document.baseURI).href;
    const map = (value, leaf) =>
        Array.isArray(value) ? value.map((item) => map(item, leaf))
        : value !== null && typeof value === 'object'
            ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, map(item, leaf)]))
        : leaf(value);
    const into = (value) => map(value, (leaf) => (/^#/.test(leaf) ? Number(leaf.slice(1).replace('inf', 'Infinity')) : leaf));
    const out = (value) => map(value, (leaf) => (typeof leaf === 'number' ? `#${leaf}` : leaf));
    const plainNative = (native) => native && { ...native, buckets: [...native.buckets].sort(([a], [b]) => a - b) };
    const plainSeries = ({ labels, value, histogram }) =>
        histogram ? { labels, histogram: { ...histogram, native: plainNative(histogram.native) } } : { labels, value };
    const plain = (families) => Object.fromEntries([...families].map(([name, { kind, series }]) =>
        [name, { kind, series: series.map(plainSeries) }]));
    given = into(given);
";

/// Runs the body of an async function in the page, with the functions of this module, and numbers that are exact.
pub(crate) fn computed(browser: &Browser, body: &str, given: &Value) -> Value {
    let script =
        format!("{SCRIPT} return JSON.stringify(out(await (async () => {{ {body} }})()) ?? null);");
    let text = browser.run(&script, exact(given));
    let mut value = serde_json::from_str(text.as_str().unwrap()).unwrap();
    in_one_form(&mut value);
    value
}

/// A number as it is compared and shown.
pub(crate) fn number(number: f64) -> Value {
    Value::String(format!("#{number:?}"))
}

/// What [`number`] made.
pub(crate) fn float(value: &Value) -> f64 {
    let text = value.as_str().and_then(|text| text.strip_prefix('#'));
    let text = text.unwrap_or_else(|| panic!("no number: {value}"));
    text.parse().unwrap()
}

/// Numbers of a data file; those that JSON does not know are text.
pub(crate) fn floats(list: &Value) -> Vec<f64> {
    let float = |value: &Value| match value {
        Value::String(text) => text.parse().unwrap(),
        value => value.as_f64().unwrap(),
    };
    list.as_array().unwrap().iter().map(float).collect()
}

/// Whether two numbers are the same but for roundings.
pub(crate) fn is_near(one: f64, other: f64, ratio: f64) -> bool {
    one == other
        || (one.is_nan() && other.is_nan())
        || (one - other).abs() <= ratio * one.abs().max(other.abs())
}

/// A value with its numbers as [`number`] makes them.
pub(crate) fn exact(value: &Value) -> Value {
    mapped(value, &|leaf| match leaf {
        Value::Number(given) => number(given.as_f64().unwrap()),
        leaf => leaf.clone(),
    })
}

fn mapped(value: &Value, leaf: &impl Fn(&Value) -> Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| mapped(item, leaf)).collect(),
        Value::Object(all) => {
            let all = all.iter();
            Value::Object(
                all.map(|(key, item)| (key.clone(), mapped(item, leaf)))
                    .collect(),
            )
        }
        value => leaf(value),
    }
}

/// Writes the numbers of the page as [`number`] does.
fn in_one_form(value: &mut Value) {
    *value = mapped(
        value,
        &|leaf| match leaf.as_str().and_then(|text| text.strip_prefix('#')) {
            Some(text) => text.parse().map_or_else(|_| leaf.clone(), number),
            None => leaf.clone(),
        },
    );
}

//! How Prometheus stores the histograms: what is converted, and what has no classic buckets to be judged by.

use crate::verify::model::{form::Form, labels::label_text, scrapes::Scrapes};

/// The settings of a scrape job that decide on it.
pub const CONVERT: &str = "convert_classic_histograms_to_nhcb";
pub const CLASSIC: &str = "always_scrape_classic_histograms";

/// A line for each form that is not the classic one.
pub fn notes(scrapes: &Scrapes) -> Vec<String> {
    let custom = targets(scrapes, Form::Custom).map(|targets| {
        format!("native histograms with the bounds of the classic buckets ({CONVERT}) are read as those, under {targets}")
    });
    let exponential = targets(scrapes, Form::Exponential).map(|targets| {
        format!("native histograms without classic ones ({CLASSIC} is off): their counts and sums are compared here, their buckets in the hop of native histograms, under {targets}")
    });
    custom.into_iter().chain(exponential).collect()
}

/// Why percentiles of classic buckets cannot be queried of all targets together.
pub fn mixed(scrapes: &Scrapes) -> Vec<String> {
    let text = |(form, what)| Some(format!("{what}: {}", targets(scrapes, form)?));
    let all = [
        (Form::Classic, "classic buckets"),
        (Form::Custom, "native histograms with custom buckets"),
        (
            Form::Exponential,
            "native histograms with exponential buckets",
        ),
    ];
    let reason =
        "no query has a percentile of all targets, since they are stored in different ways";
    let lines = all.into_iter().filter_map(text);
    std::iter::once(reason.to_owned()).chain(lines).collect()
}

fn targets(scrapes: &Scrapes, form: Form) -> Option<String> {
    let own = scrapes.targets.iter();
    let own = own.filter(|target| scrapes.form_of(target) == form);
    let own: Vec<_> = own.map(|target| label_text(&target.labels)).collect();
    (!own.is_empty()).then(|| own.join("; "))
}

//! The labels of a sample or a target.

use std::collections::BTreeMap;

/// Labels by name.
pub type Labels = BTreeMap<String, String>;

/// The label that holds the name of a series.
pub const NAME: &str = "__name__";
/// The label that holds the scrape job of a target.
pub const JOB: &str = "job";
/// The label that holds the address of a target.
pub const INSTANCE: &str = "instance";

/// The label that holds the name of a recording rule, where its evaluations are treated as scrapes.
pub const RULE: &str = "rule";

/// Whether a series can be of this target in the API's target list. Relabelling may have dropped job or instance.
pub fn fits(series: &Labels, target: &Labels) -> bool {
    let mut names = [JOB, INSTANCE].into_iter();
    names.all(|name| match (series.get(name), target.get(name)) {
        (Some(own), Some(other)) => own == other,
        _ => true,
    })
}

/// Whether a series has all labels of a target. It may have further ones, such as those of a Thanos replica.
pub fn has_all(series: &Labels, target: &Labels) -> bool {
    let mut target = target.iter();
    target.all(|(name, value)| series.get(name) == Some(value))
}

/// Labels as text: job and instance first.
pub fn label_text(labels: &Labels) -> String {
    let mut sorted: Vec<_> = labels.iter().collect();
    sorted.sort_by_key(|(name, _)| (*name != JOB, *name != INSTANCE));
    let words: Vec<_> = sorted
        .iter()
        .map(|(name, value)| format!("{name}=\"{value}\""))
        .collect();
    words.join(", ")
}

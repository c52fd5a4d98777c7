//! No native histograms in Prometheus: which setting leaves them out, as far as that is shown.

use super::{forms, judgement::Hop};
use crate::verify::{
    evidence::Evidence,
    model::{scrapes::Scrapes, store::Kind},
};

/// The settings of a scrape job that decide on it.
const SCRAPED: &str = "scrape_native_histograms";
const PROTOCOLS: &str = "scrape_protocols";
const PROTOBUF: &str = "PrometheusProto";

pub fn hop(name: &'static str, evidence: &Evidence, scrapes: &Scrapes) -> Hop {
    let store = &scrapes.store.name;
    if scrapes.targets.is_empty() {
        let reason = format!("no target of the service is in {store}");
        return Hop::absent(name, &reason);
    }
    if scrapes.store.kind == Kind::VictoriaMetrics {
        let reason = format!(
            "{store} has no native histograms: it converts those of remote write to series with vmrange, which are not judged"
        );
        return Hop::absent(name, &reason);
    }
    if !scrapes.native.series.is_empty() {
        let reason = format!(
            "they have the bounds of the classic buckets ({}), whose percentiles are judged",
            forms::CONVERT
        );
        return Hop::absent(name, &reason);
    }
    let mut jobs = scrapes.jobs();
    let is_on = |value: Option<&Vec<String>>| value.is_some_and(|it| it[..] == ["true"]);
    if let Some((job, _)) = jobs.find(|(_, settings)| !is_on(settings.get(SCRAPED))) {
        let reason = format!("{SCRAPED} of job {job} is off");
        return Hop::absent(name, &reason);
    }
    let pages = evidence.replicas.found().into_iter().flatten();
    let mut offered = pages.filter_map(|replica| replica.offered);
    if scrapes.jobs().next().is_none() || !offered.any(|it| it.schema.is_some()) {
        let reason = format!(
            "there is no native series: is {SCRAPED} off, or the service an older version?"
        );
        return Hop::absent(name, &reason);
    }
    let without = scrapes.jobs().find(|(_, settings)| {
        let protocols = settings.get(PROTOCOLS);
        protocols.is_some_and(|protocols| !protocols.iter().any(|it| it == PROTOBUF))
    });
    let cause = match without {
        Some((job, _)) => format!("{PROTOCOLS} of job {job} has no {PROTOBUF}"),
        None => "does relabelling drop them?".to_owned(),
    };
    let summary = format!(
        "the service offers native histograms and {SCRAPED} is on, but {store} has none: {cause}"
    );
    Hop::warning(name, summary)
}

//! No exemplar of the run in Prometheus: whether the service has none, and otherwise what loses them, as far as that is
//! shown.

use super::{coverage::Coverage, judgement::Hop};
use crate::verify::{
    evidence::Evidence,
    model::{requests::Answer, scrapes::Scrapes, store::Kind},
};

/// The feature of Prometheus that stores exemplars.
const STORAGE: &str = "exemplar-storage";
/// How the names of the formats with exemplars begin.
const FORMATS: [&str; 2] = ["OpenMetrics", "PrometheusProto"];

pub fn hop(name: &'static str, evidence: &Evidence, scrapes: &Scrapes) -> Hop {
    let obstacles = Coverage::of(evidence, scrapes).obstacles;
    if !obstacles.is_empty() {
        return Hop::unjudged(name, obstacles);
    }
    let store = &scrapes.store.name;
    if scrapes.targets.is_empty() {
        let reason = format!("no target of the service is in {store}");
        return Hop::absent(name, &reason);
    }
    if scrapes.store.kind == Kind::VictoriaMetrics {
        return Hop::absent(name, &format!("{store} stores no exemplars"));
    }
    if !evidence.sent.answers().any(|it: Answer<'_>| it.sampled) {
        return Hop::absent(name, "no request was sampled (--sampled-ratio)");
    }
    match offered(evidence) {
        Some(true) => {
            let summary = format!(
                "the service offers exemplars, and {store} has none of the run: {}",
                cause(scrapes)
            );
            Hop::warning(name, summary)
        }
        Some(false) => Hop::absent(
            name,
            "the service's /metrics has no exemplars: it samples no spans (OTEL_EXPORTER_OTLP_ENDPOINT), or is an older version",
        ),
        None => Hop::absent(
            name,
            &format!(
                "{store} has no exemplars of the run, and /metrics of the service was not read"
            ),
        ),
    }
}

/// Whether a page that was read has exemplars.
fn offered(evidence: &Evidence) -> Option<bool> {
    let pages = evidence.replicas.found().into_iter().flatten();
    let offered = pages.filter_map(|replica| replica.offered);
    offered
        .map(|offered| offered.exemplars)
        .reduce(|a, b| a || b)
}

fn cause(scrapes: &Scrapes) -> String {
    let features = scrapes.settings.features.as_deref();
    if features.is_some_and(|features| !features.contains(STORAGE)) {
        return format!("its exemplar storage is off (--enable-feature={STORAGE})");
    }
    let without = scrapes.jobs().find(|(_, settings)| {
        settings.get("scrape_protocols").is_some_and(|protocols| {
            let mut protocols = protocols.iter();
            !protocols.any(|name| FORMATS.iter().any(|format| name.starts_with(format)))
        })
    });
    match without {
        Some((job, _)) => format!(
            "scrape_protocols of job {job} has no format with exemplars, such as OpenMetricsText1.0.0"
        ),
        None => "its settings do not tell why; does it store exemplars at all?".to_owned(),
    }
}

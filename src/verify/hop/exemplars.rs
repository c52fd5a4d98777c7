//! exemplar -> trace: each exemplar of the run is a request that was sent, with the total of its answer, in its bucket, and
//! with a trace in the store.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    judgement::{Hop, first, plural},
    missing_traces, no_exemplars, other_traffic,
};
use crate::{
    contract::Step,
    verify::{
        evidence::Evidence,
        model::{
            exemplars::{Exemplar, ExemplarSeries, sampled_by_service, trace_ids},
            expected_traces::ExpectedTraces,
            finding::Finding,
            histogram::{Histogram, bound_text},
            requests::Answer,
            scrapes::Scrapes,
            statistics::Tolerance,
        },
    },
};

const NAME: &str = "exemplar -> trace";
/// Far above the rounding of seconds to a float, far below a nanosecond of a request.
const ROUNDING: Tolerance = Tolerance::Relative(1e-12);

pub fn judge(evidence: &Evidence) -> Hop {
    Hop::of(NAME, &evidence.scrapes, |scrapes| {
        match &scrapes.exemplars {
            Finding::Found(all) => compare(evidence, scrapes, all),
            Finding::Skipped(reason) | Finding::Unreachable(reason) => Hop::absent(NAME, reason),
        }
    })
}

fn compare(evidence: &Evidence, scrapes: &Scrapes, all: &[ExemplarSeries]) -> Hop {
    let comparison = Comparison::new(evidence, scrapes, all);
    let unknown = comparison.unknown();
    if comparison.own().next().is_some() {
        comparison.hop(&unknown)
    } else if unknown.is_empty() {
        no_exemplars::hop(NAME, evidence, scrapes)
    } else if comparison.others > 0.0 {
        let reason = format!(
            "{} of other traffic alone: nothing to compare",
            plural(unknown.len(), "exemplar")
        );
        Hop::absent(NAME, &reason)
    } else {
        comparison.hop(&unknown)
    }
}

/// The exemplars of the judged targets beside the requests that they name.
struct Comparison<'a> {
    evidence: &'a Evidence,
    scrapes: &'a Scrapes,
    all: &'a [ExemplarSeries],
    series: Vec<&'a ExemplarSeries>,
    /// Requests that were sent, by trace id; those without a measurement have no answer.
    sent: BTreeMap<u128, Option<Answer<'a>>>,
    others: f64,
}

impl<'a> Comparison<'a> {
    fn new(evidence: &'a Evidence, scrapes: &'a Scrapes, all: &'a [ExemplarSeries]) -> Self {
        let is_judged = |series: &&ExemplarSeries| {
            let mut targets = scrapes.targets.iter();
            targets.any(|target| series.is_from(&target.labels))
        };
        let series: Vec<_> = all.iter().filter(is_judged).collect();
        let named = trace_ids(series.iter().copied());
        let sent = evidence.sent.trace_ids().filter(|id| named.contains(id));
        let mut sent: BTreeMap<_, _> = sent.map(|id| (id, None)).collect();
        for answer in evidence.sent.answers() {
            let id = answer.trace.map_or(answer.sent.trace_id, |it| it.trace_id);
            if let Some(known) = sent.get_mut(&id) {
                *known = Some(answer);
            }
        }
        Self {
            evidence,
            scrapes,
            all,
            series,
            sent,
            others: other_traffic::requests(evidence),
        }
    }

    fn exemplars(&self) -> impl Iterator<Item = (&'a ExemplarSeries, &'a Exemplar)> {
        let series = self.series.iter();
        series.flat_map(|series| series.exemplars.iter().map(|exemplar| (*series, exemplar)))
    }

    /// Those of requests that were sent.
    fn own(&self) -> impl Iterator<Item = (&'a ExemplarSeries, &'a Exemplar)> {
        let is_own = |(_, exemplar): &(_, &Exemplar)| self.sent.contains_key(&exemplar.trace_id);
        self.exemplars().filter(is_own)
    }

    /// Traces that were not sent, of the time of the run. The exemplars of the run tell it by the clock of the service;
    /// where there is none, the scrapes do.
    fn unknown(&self) -> BTreeSet<u128> {
        let own = || self.own().map(|(_, exemplar)| exemplar.at);
        let window = self.scrapes.window.by_replicas();
        let (began, ended) = match (own().min(), own().max()) {
            (Some(first), Some(last)) => (first, last),
            _ => (window.from, window.to),
        };
        let unknown = self.exemplars().filter(|(_, exemplar)| {
            !self.sent.contains_key(&exemplar.trace_id) && (began..=ended).contains(&exemplar.at)
        });
        unknown.map(|(_, exemplar)| exemplar.trace_id).collect()
    }

    fn hop(&self, unknown: &BTreeSet<u128>) -> Hop {
        let mut wrong = Vec::new();
        if !unknown.is_empty() && self.others == 0.0 {
            wrong.push(format!(
                "{} of no request that was sent, though there was no other traffic: {}",
                plural(unknown.len(), "exemplar"),
                missing_traces::listed(unknown)
            ));
        }
        let differences = self
            .own()
            .filter_map(|(series, it)| self.difference(series, it));
        wrong.extend(first(Vec::from_iter(differences.collect::<BTreeSet<_>>())));
        let own: BTreeSet<_> = self.own().map(|(_, exemplar)| exemplar.trace_id).collect();
        let store = missing_traces::store(self.evidence);
        let traces = match &self.evidence.traces {
            Finding::Found(_) => match self.missing() {
                Missing::Some(lines) => {
                    wrong.extend(lines);
                    String::new()
                }
                Missing::TooEarly(lines) if wrong.is_empty() => {
                    return Hop::unjudged(NAME, lines);
                }
                Missing::TooEarly(_) => String::new(),
                Missing::None => match self.evidence.limits.expect_traces {
                    None => format!("; each trace is in {store}"),
                    Some(ExpectedTraces::SlowerThan(_)) => {
                        format!("; each expected trace is in {store}")
                    }
                    Some(ExpectedTraces::Share(_)) => String::new(),
                },
            },
            _ => "; their traces were not looked up".to_owned(),
        };
        let good = format!(
            "exemplars of {}, each with the total of its answer and in its bucket{traces}",
            plural(own.len(), "request")
        );
        Hop::judged(NAME, wrong, good)
    }

    /// How an exemplar differs from the answer to its request, or from its bucket.
    fn difference(&self, series: &ExemplarSeries, exemplar: &Exemplar) -> Option<String> {
        let Exemplar {
            trace_id, value, ..
        } = exemplar;
        let trace = format!("trace {trace_id:032x}");
        if let Some((low, high)) = self.bucket(series)
            && !(low < *value && *value <= high)
        {
            let high = bound_text(high);
            return Some(format!(
                "{trace}: an exemplar of {value} s is in the bucket above {low} s up to {high} s"
            ));
        }
        let answer = self.sent.get(trace_id)?.as_ref()?;
        let span = answer.trace.map(|trace| trace.parent_id);
        if let (Some(answered), Some(named)) = (span, exemplar.span_id)
            && answered != named
        {
            // A request that was executed twice has two spans.
            return (self.others == 0.0).then(|| {
                format!(
                    "{trace}: the exemplar names span {named:016x}, the answer span {answered:016x}"
                )
            });
        }
        let total = answer.total.as_secs_f64();
        (!ROUNDING.allows(total, *value)).then(|| {
            format!("{trace}: the exemplar has {value} s, the answer a total of {total} s")
        })
    }

    /// The bounds of the bucket of a series; a native series has none.
    fn bucket(&self, series: &ExemplarSeries) -> Option<(f64, f64)> {
        let high = series.bound()?;
        let mut own = self.scrapes.targets.iter();
        let own = own.find(|target| series.is_from(&target.labels))?;
        let total = own.processes.last()?.counts.step(Step::Total);
        let bounds = total.map(Histogram::bounds)?;
        let below = bounds.into_iter().filter(|bound| *bound < high);
        Some((below.fold(f64::NEG_INFINITY, f64::max), high))
    }

    /// What is missing of the traces that were asked for.
    fn missing(&self) -> Missing {
        let Some(traces) = self.evidence.traces.found() else {
            return Missing::None;
        };
        let own: BTreeSet<_> = self.own().map(|(_, exemplar)| exemplar.trace_id).collect();
        let sampled = self.evidence.sent.sampled();
        let more = sampled_by_service(self.all, &self.evidence.sent, &sampled);
        let asked = sampled.iter().map(|it| it.id).chain(more.iter().copied());
        let own: BTreeSet<_> = asked.filter(|id| own.contains(id)).collect();
        let expected = self.evidence.limits.expect_traces.unwrap_or_default();
        let is_needed = |id: &u128| match self.sent.get(id) {
            Some(Some(answer)) => expected.requires(answer.total),
            _ => expected == ExpectedTraces::default(),
        };
        let is_absent = |id| traces.get(id).is_none() && !traces.is_partial(id);
        let is_missing = |id: &&u128| is_absent(**id) && is_needed(id);
        let missing: BTreeSet<_> = own.iter().filter(is_missing).copied().collect();
        if missing.is_empty() {
            return Missing::None;
        }
        let failed = missing_traces::failed_exports(self.evidence);
        if traces.len() == 0 && failed.is_empty() {
            return Missing::TooEarly(missing_traces::none_yet(
                self.evidence,
                sampled.len() + more.len(),
            ));
        }
        let line = format!(
            "the traces of {} of {} are not in {}: {}",
            missing.len(),
            plural(own.len(), "exemplar"),
            missing_traces::store(self.evidence),
            missing_traces::listed(&missing)
        );
        Missing::Some([line].into_iter().chain(failed).collect())
    }
}

/// Traces of exemplars that are not in the store.
enum Missing {
    None,
    Some(Vec<String>),
    /// The store has no trace at all: the export may be late.
    TooEarly(Vec<String>),
}

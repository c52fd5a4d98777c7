//! native -> percentile: native histograms count what the classic ones count, their buckets are those of the answers, and
//! their percentiles are what the formula gives.

use super::{
    coverage::Coverage,
    judgement::{Hop, list_differences},
    no_native, other_traffic,
    percentile::{self, REL_TOLERANCE_RUN},
};
use crate::{
    buckets::Schema,
    contract::{Metric, Part, Step, names::label},
    verify::{
        evidence::Evidence,
        model::{
            form::Form,
            labels::label_text,
            native::{self, NativePoint},
            processes::Target,
            quantile_query::QuantileQuery,
            scrapes::Scrapes,
        },
    },
};

pub const NAME: &str = "native -> percentile";
/// Versions of Prometheus extrapolate the rates of native histograms differently, and so weigh several series differently:
/// <https://github.com/prometheus/prometheus/issues/15976>
const REL_TOLERANCE_SEVERAL: f64 = 0.02;
/// The settings of a scrape job that lower the resolution.
const LIMITS: [&str; 2] = [
    "native_histogram_bucket_limit",
    "native_histogram_min_bucket_factor",
];

pub fn judge(evidence: &Evidence) -> Hop {
    Hop::of(NAME, &evidence.scrapes, |scrapes| {
        let targets = scrapes.targets.iter();
        let native = targets.filter_map(|target| {
            let points = scrapes.native.of(&target.labels)?;
            Some(Comparison {
                evidence,
                scrapes,
                target,
                points,
            })
        });
        let native: Vec<_> = native.collect();
        if native.is_empty() {
            return no_native::hop(NAME, evidence, scrapes);
        }
        let obstacles = Coverage::of(evidence, scrapes).obstacles;
        if !obstacles.is_empty() {
            return Hop::unjudged(NAME, obstacles);
        }
        compare(evidence, scrapes, &native)
    })
}

fn compare(evidence: &Evidence, scrapes: &Scrapes, native: &[Comparison<'_>]) -> Hop {
    let (mut wrong, mut notes, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    let others = other_traffic::requests(evidence);
    let unmeasured = evidence.sent.unmeasured() as f64;
    let surplus = if others > 0.0 {
        f64::INFINITY
    } else {
        unmeasured
    };
    let mut observations = 0.0;
    for comparison in native {
        match comparison.counts() {
            Ok(difference) => wrong.extend(difference),
            Err(reason) => notes.push(reason),
        }
        warnings.extend(comparison.resolution());
        match comparison.buckets(surplus) {
            Ok((count, differences)) => {
                observations += count;
                wrong.extend(differences);
            }
            Err(reason) => notes.push(format!(
                "the buckets under {} are not compared with the answers: {reason}",
                label_text(&comparison.target.labels)
            )),
        }
    }
    let run = &scrapes.native.run;
    let tolerance = if native.len() > 1 {
        REL_TOLERANCE_SEVERAL
    } else {
        REL_TOLERANCE_RUN
    };
    // A restart may change the schema at which Prometheus sums.
    if native.iter().all(|it| it.target.processes.len() == 1) {
        wrong.extend(percentile::differences(
            run,
            tolerance,
            "of the native series",
        ));
    }
    let counted = if notes.is_empty() {
        let classic = match scrapes.form() {
            Some(Form::Exponential) => "",
            _ => " counted as in the classic series,",
        };
        format!("{observations} observations,{classic} in buckets as in the answers")
    } else {
        "not every count could be compared".to_owned()
    };
    let note = if others > 0.0 {
        format!("; other traffic: {others} requests, so counts are lower bounds")
    } else {
        String::new()
    };
    let good = format!("{counted}{}{note}", percentile_text(run, native));
    let hop = Hop::judged(NAME, wrong, good).with(notes);
    hop.warned(warnings)
}

/// The lowest schema, and the p99.
fn percentile_text(run: &QuantileQuery, native: &[Comparison<'_>]) -> String {
    let schema = native.iter().filter_map(Comparison::schema).min();
    let schema = schema.map_or_else(String::new, |it| format!(" at schema {}", it.number()));
    let p99 = match (run.reported.last(), run.expected.last()) {
        (Some(Some(reported)), Some(expected)) => {
            format!("; p99 {reported:.6} s reported, {expected:.6} s expected")
        }
        _ => String::new(),
    };
    schema + &p99
}

/// The native series of one target.
struct Comparison<'a> {
    evidence: &'a Evidence,
    scrapes: &'a Scrapes,
    target: &'a Target,
    points: &'a [NativePoint],
}

impl Comparison<'_> {
    fn schema(&self) -> Option<Schema> {
        self.points.last().map(|last| last.counts.schema)
    }

    /// The replica of the last process.
    fn replica(&self) -> Option<&str> {
        self.target.processes.last()?.instance_id.as_deref()
    }

    /// The first scrape whose classic count is another one; or why that is unknown.
    fn counts(&self) -> Result<Option<String>, String> {
        let names = &self.evidence.claim.names;
        let mut raw = self.scrapes.raw.iter();
        let classic = raw.find(|series| {
            names.read(series.name()) == Some((Metric::ExecutionLatency, Part::Count))
                && series.has_label(label::STEP, Step::Total.as_str())
                && series.is_from(&self.target.labels)
        });
        let target = label_text(&self.target.labels);
        let classic = classic.ok_or_else(|| {
            format!(
                "no classic count is in Prometheus under {target} (always_scrape_classic_histograms)"
            )
        })?;
        let mut points = self.points.iter();
        let differing = points.find_map(|point| {
            let other = classic.at(point.at).filter(|other| *other != point.count)?;
            Some((point, other))
        });
        Ok(differing.map(|(point, other)| {
            format!(
                "under {target}, the native series has a count of {}, the classic one {other}, {:.1} s into the run",
                point.count,
                (point.at - self.scrapes.window.began) as f64 / 1e3
            )
        }))
    }

    /// How many observations the run added, and where they are not those of the answers; or why that is unknown.
    fn buckets(&self, surplus: f64) -> Result<(f64, Vec<String>), &'static str> {
        let target = self.target;
        let [process] = &target.processes[..] else {
            return Err("there was a restart");
        };
        let id = self.replica().ok_or("its replica is unknown")?;
        if !target.is_complete {
            return Err("it was not scraped since the run");
        }
        let from_zero = !self.scrapes.window.baselines.contains_key(&target.labels);
        if from_zero && !target.has_baseline {
            return Err("its counts before the run are unknown");
        }
        let (start, end) = process.span;
        let at = |instant| self.points.iter().position(|point| point.at == instant);
        let (Some(first), Some(last)) = (at(start), at(end)) else {
            return Err("a scrape at the begin or the end of the run has no native sample");
        };
        let inside = self.points.get(first..=last).unwrap_or_default();
        let observed = native::increase(inside, from_zero);
        let totals = self.evidence.sent.totals_of(id);
        let seconds = totals.map(|total| total.as_secs_f64());
        let found = native::differences(&observed, seconds, surplus);
        let mut lines = list_differences(&found, "answers");
        if !lines.is_empty() {
            lines.insert(
                0,
                format!(
                    "replica {id} has other native buckets than its answers, under {}, at schema {}",
                    label_text(&target.labels),
                    observed.schema.number()
                ),
            );
        }
        Ok((observed.total(), lines))
    }

    /// Whether the buckets are wider than those of the service.
    fn resolution(&self) -> Option<String> {
        let found = self.schema()?;
        let replicas = self.evidence.replicas.found()?.iter();
        let mut own = replicas.filter(|replica| {
            let last = replica.snapshots.last();
            last.is_some_and(|page| Some(page.instance_id.as_str()) == self.replica())
        });
        let own = own.find_map(|replica| replica.offered?.schema)?;
        let percent = |schema: Schema| 100.0 * schema.max_error_ratio();
        (found < own).then(|| {
            format!(
                "the buckets under {} are wider than the service's own: schema {} found (an error of up to {:.2} %), schema {} at the service (up to {:.2} %); {}",
                label_text(&self.target.labels),
                found.number(),
                percent(found),
                own.number(),
                percent(own),
                self.limit()
            )
        })
    }

    /// The setting that lowers the resolution.
    fn limit(&self) -> String {
        let limit = self.scrapes.jobs().find_map(|(job, settings)| {
            LIMITS.iter().find_map(|name| {
                let value = settings.get(*name)?.first()?;
                Some(format!("job {job} has {name}: {value}"))
            })
        });
        limit.unwrap_or_else(|| "its settings do not tell why".to_owned())
    }
}

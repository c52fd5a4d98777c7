//! Native histograms of a run: raw samples, and the percentiles that Prometheus computes from them. A server that does not
//! answer such a question has none.

use serde::Deserialize;

use super::{answer::instant, queries::Queries};
use crate::{
    contract::{Metric, Step, names::label},
    verify::model::{
        exposition::number,
        labels::Labels,
        native::{self, Native, NativePoint, NativeSeries},
        promql::Selector,
        quantile_query::QUANTILES,
        rate::Range,
        store::Kind,
    },
};

#[derive(Deserialize)]
struct Matrix {
    result: Vec<AnsweredSeries>,
}

#[derive(Deserialize)]
struct AnsweredSeries {
    metric: Labels,
    #[serde(default)]
    histograms: Vec<(f64, AnsweredHistogram)>,
}

#[derive(Deserialize)]
struct AnsweredHistogram {
    count: String,
    /// Which bounds are inside, the bounds, and the count.
    #[serde(default)]
    buckets: Vec<(u8, String, String, String)>,
}

/// What it has of these targets, which these selectors select.
pub async fn native(
    queries: &Queries<'_>,
    selectors: &[Selector],
    targets: &[&Labels],
    run: Range,
) -> Native {
    let mut series = match queries.store().kind {
        Kind::VictoriaMetrics => Vec::new(), // it converts them to classic series
        _ => raw(queries, run).await.unwrap_or_default(),
    };
    series.retain(|series| targets.iter().any(|target| series.is_from(target)));
    let points: Vec<_> = series
        .iter()
        .filter_map(|it| it.points.as_deref())
        .collect();
    let reported = if points.is_empty() {
        vec![None; QUANTILES.len()]
    } else {
        quantiles(queries, selectors, run).await
    };
    Native {
        run: native::quantiles(&points, run, reported),
        series,
    }
}

/// The raw samples of the measured totals.
async fn raw(queries: &Queries<'_>, run: Range) -> Option<Vec<NativeSeries>> {
    let totals = totals(queries, queries.selector, run);
    let time = (run.to as f64 / 1e3).to_string();
    let parameters = [("query", totals.clone()), ("time", time)];
    let prometheus = &queries.prometheus;
    let answer = prometheus.ask::<Matrix>(&totals, "/api/v1/query", &parameters);
    let all = answer.await.ok()?.result.into_iter();
    let native = all.filter(|series| !series.histograms.is_empty());
    Some(native.map(AnsweredSeries::read).collect())
}

async fn quantiles(queries: &Queries<'_>, selectors: &[Selector], run: Range) -> Vec<Option<f64>> {
    let rate = |selector| format!("rate({})", totals(queries, selector, run));
    let rates: Vec<_> = selectors.iter().map(rate).collect();
    let rates = rates.join(" or ");
    let mut reported = Vec::new();
    for q in QUANTILES {
        let promql = format!("histogram_quantile({q}, sum({rates}))");
        let value = queries.prometheus.value(&promql, run.to).await;
        reported.push(value.ok().flatten());
    }
    reported
}

fn totals(queries: &Queries<'_>, selector: &Selector, run: Range) -> String {
    let family = queries.names.family(Metric::ExecutionLatency);
    let (step, total) = (label::STEP, Step::Total.as_str());
    let (selector, window) = (selector.and(), run.to - run.from);
    format!("{family}{{{step}=\"{total}\"{selector}}}[{window}ms]")
}

impl AnsweredSeries {
    fn read(self) -> NativeSeries {
        let points = self.histograms.into_iter();
        NativeSeries {
            labels: self.metric,
            points: points.map(|(at, it)| it.read(instant(at))).collect(),
        }
    }
}

impl AnsweredHistogram {
    fn read(self, at: i64) -> Option<NativePoint> {
        let bucket = |(_, low, high, count): &(u8, String, String, String)| {
            Some((number(low)?, number(high)?, number(count)?))
        };
        let buckets: Option<Vec<_>> = self.buckets.iter().map(bucket).collect();
        NativePoint::read(at, number(&self.count)?, &buckets?)
    }
}

//! Native histograms of a run: raw samples, and the percentiles that Prometheus computes from them. A server that does not
//! answer such a question has none.

use super::{
    answer::{Data, MatrixSeries},
    api::{Prometheus, PrometheusError, unexpected},
    queries::Queries,
};
use crate::{
    contract::{Metric, Step, names::label},
    verify::model::{
        classic_series::HistogramSeries,
        form::Form,
        labels::Labels,
        native::{self, Native, NativeSeries},
        promql::Selector,
        quantile_query::QUANTILES,
        rate::Range,
        series::Series,
        store::Kind,
    },
};

impl Prometheus {
    /// The raw samples of a range selector: the numbers, and the native histograms.
    pub async fn raw_and_histograms(
        &self,
        selector: &str,
        at: Option<i64>,
    ) -> Result<(Vec<Series>, Vec<HistogramSeries>), PrometheusError> {
        let Data::Matrix(mut all) = self.query(selector, at).await? else {
            return Err(unexpected(selector, "expected a matrix"));
        };
        let native = all.iter_mut().filter_map(MatrixSeries::histograms);
        let native: Vec<_> = native.collect();
        all.retain(|series| !series.values.is_empty());
        // Only VictoriaMetrics returns stale markers: as NaN.
        let has_markers = self.store.kind == Kind::VictoriaMetrics;
        let series = all.into_iter().map(|series| series.read(has_markers));
        let series = series.collect::<Option<_>>();
        let series = series.ok_or_else(|| unexpected(selector, "a value is not a number"))?;
        Ok((series, native))
    }
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
    let family = queries.names.family(Metric::ExecutionLatency);
    let (step, total) = (label::STEP, Step::Total.as_str());
    let (selector, window) = (queries.selector.and(), run.to - run.from);
    let totals = format!("{family}{{{step}=\"{total}\"{selector}}}[{window}ms]");
    let answer = queries.prometheus.raw_and_histograms(&totals, Some(run.to));
    let (_, native) = answer.await.ok()?;
    let read = |series: HistogramSeries| series.exponential(&queries.bounds);
    Some(native.into_iter().map(read).collect())
}

async fn quantiles(queries: &Queries<'_>, selectors: &[Selector], run: Range) -> Vec<Option<f64>> {
    let asked = (selectors, Some(Form::Exponential));
    let reported = queries.quantiles(&queries.prometheus, asked, run);
    reported
        .await
        .unwrap_or_else(|_| vec![None; QUANTILES.len()])
}

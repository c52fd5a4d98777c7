//! The JSON of the HTTP API, and how it is read.

use serde::Deserialize;

use crate::verify::model::{
    classic_series::{HistogramPoint, HistogramSeries},
    exposition::number,
    labels::Labels,
    scrapes::ActiveTarget,
    series::{Point, Series},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope<T> {
    pub status: String,
    pub data: Option<T>,
    pub error: Option<String>,
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Of a cluster of `VictoriaMetrics`.
    #[serde(default)]
    pub is_partial: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Targets {
    pub active_targets: Vec<ActiveTarget>,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
pub enum Data {
    Matrix(Vec<MatrixSeries>),
    Vector(Vec<VectorSample>),
    Scalar(Pair),
}

#[derive(Deserialize)]
pub struct MatrixSeries {
    pub metric: Labels,
    #[serde(default)]
    pub values: Vec<Pair>,
    #[serde(default)]
    histograms: Vec<(f64, AnsweredHistogram)>,
}

#[derive(Deserialize)]
struct AnsweredHistogram {
    count: String,
    sum: String,
    /// Which bounds are inside, the bounds, and the count.
    #[serde(default)]
    buckets: Vec<(u8, String, String, String)>,
}

#[derive(Deserialize)]
pub struct VectorSample {
    #[serde(default)]
    pub metric: Labels,
    /// Not a number where it is a native histogram.
    #[serde(default)]
    pub value: Pair,
}

#[derive(Deserialize)]
pub struct Pair(pub f64, pub String);

impl Default for Pair {
    fn default() -> Self {
        Self(0.0, "NaN".to_owned())
    }
}

impl MatrixSeries {
    /// `None` where a value is not a number.
    pub fn read(self, has_markers: bool) -> Option<Series> {
        let point = |Pair(at, value): Pair| {
            Some(Point {
                at: instant(at),
                value: number(&value)?,
            })
        };
        let mut points: Vec<_> = self.values.into_iter().map(point).collect::<Option<_>>()?;
        points.retain(|point| !(has_markers && point.value.is_nan()));
        Some(Series {
            labels: self.metric,
            points,
        })
    }

    /// Its native histograms; `None` where it has none, or one that has something else than numbers.
    pub fn histograms(&mut self) -> Option<HistogramSeries> {
        let histograms = std::mem::take(&mut self.histograms).into_iter();
        let points = histograms.map(|(at, it)| it.read(instant(at)));
        let points = points.collect::<Option<Vec<_>>>()?;
        (!points.is_empty()).then(|| HistogramSeries {
            labels: self.metric.clone(),
            points,
        })
    }
}

impl AnsweredHistogram {
    fn read(self, at: i64) -> Option<HistogramPoint> {
        let bucket = |(_, low, high, count): &(u8, String, String, String)| {
            Some((number(low)?, number(high)?, number(count)?))
        };
        Some(HistogramPoint {
            at,
            count: number(&self.count)?,
            sum: number(&self.sum)?,
            buckets: self.buckets.iter().map(bucket).collect::<Option<_>>()?,
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "Unix time in milliseconds; the cast saturates"
)]
pub fn instant(seconds: f64) -> i64 {
    (1e3 * seconds).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_whole_milliseconds() {
        assert_eq!(instant(1_700_000_000.123), 1_700_000_000_123);
    }
}

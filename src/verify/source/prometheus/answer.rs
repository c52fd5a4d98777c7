//! The JSON of the HTTP API, and how it is read.

use serde::Deserialize;

use crate::verify::model::{
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
}

#[derive(Deserialize)]
pub struct VectorSample {
    #[serde(default)]
    pub metric: Labels,
    pub value: Pair,
}

#[derive(Deserialize)]
pub struct Pair(pub f64, pub String);

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

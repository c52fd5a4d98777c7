//! The window of a range selector.

use crate::verify::model::series::Point;

/// A range selector's window: after `from`, up to and including `to`, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub from: i64,
    pub to: i64,
}

impl Range {
    /// The samples in the window.
    pub fn slice(self, points: &[Point]) -> &[Point] {
        let first = points.partition_point(|point| point.at <= self.from);
        let end = points.partition_point(|point| point.at <= self.to);
        points.get(first..end).unwrap_or_default()
    }
}

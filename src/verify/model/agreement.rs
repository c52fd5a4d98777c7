//! Whether two answers can be of one server: samples that were there once do not vanish or change.

use std::collections::HashMap;

use super::{labels::label_text, series::Series};

/// A sample of the first answer that the second one lacks, or has with another value, though its samples reach from
/// before it to after it.
pub fn difference(earlier: &[Series], later: &[Series]) -> Option<String> {
    let later: HashMap<_, _> = later.iter().map(|it| (&it.labels, it)).collect();
    earlier.iter().find_map(|series| {
        let later = later.get(&series.labels)?;
        let (first, last) = (later.points.first()?.at, later.points.last()?.at);
        let mut inside = series.points.iter();
        let gone = inside.find(|point| {
            let is_inside = (first..=last).contains(&point.at);
            is_inside && later.at(point.at) != Some(point.value)
        })?;
        let now = later.at(gone.at);
        let now = now.map_or("no sample".to_owned(), |value| value.to_string());
        Some(format!(
            "{} has {} at {} ms in one answer, and {now} in the next one",
            label_text(&series.labels),
            gone.value,
            gone.at
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::model::series::Point;

    fn series(name: &str, points: &[(i64, f64)]) -> Series {
        let points = points.iter().map(|&(at, value)| Point { at, value });
        Series {
            labels: [("__name__".to_owned(), name.to_owned())].into(),
            points: points.collect(),
        }
    }

    #[test]
    fn samples_that_come_or_leave_the_window_are_of_one_server() {
        let earlier = [series("a", &[(1, 1.0), (2, 2.0), (3, 3.0)])];
        let later = [
            series("a", &[(2, 2.0), (3, 3.0), (4, 4.0)]),
            series("b", &[(1, 9.0)]),
        ];
        assert_eq!(difference(&earlier, &later), None);
        assert_eq!(difference(&later, &[]), None);
    }

    #[test]
    fn samples_that_vanish_or_change_are_not() {
        let earlier = [series("a", &[(1, 1.0), (3, 3.0), (5, 5.0)])];
        for (later, words) in [
            (
                [(1, 1.0), (4, 4.0), (5, 5.0)],
                "3 at 3 ms in one answer, and no sample",
            ),
            (
                [(1, 1.0), (3, 2.0), (5, 5.0)],
                "3 at 3 ms in one answer, and 2",
            ),
        ] {
            let found = difference(&earlier, &[series("a", &later)]).unwrap();
            assert!(found.contains(words), "{found}");
        }
    }
}

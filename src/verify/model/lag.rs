//! How long after an answer its effect could be seen, as far as polling shows it. All times are milliseconds of Unix time.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::Serialize;

use super::{
    labels::{Labels, has_all},
    series::Series,
    statistics::order_statistic,
};

/// When something was asked, by this machine's clock.
#[derive(Clone, Debug, Default)]
pub struct Polls {
    last: Option<i64>,
    /// The longest time between two of them.
    longest: i64,
}

/// When each scrape of a target could be seen first.
#[derive(Clone, Debug, Default)]
pub struct Sightings {
    by_target: BTreeMap<Labels, Vec<Sighting>>,
    pub polls: Polls,
}

#[derive(Clone, Copy, Debug)]
struct Sighting {
    /// By the clock of Prometheus.
    scraped: i64,
    /// By this machine's.
    seen: i64,
}

/// How long after each answer it could be seen, in milliseconds; `None` where it never could.
#[derive(Clone, Debug, Default)]
pub struct Lags {
    pub each: Vec<Option<i64>>,
    pub polls: Polls,
}

/// The lags of a run, summarised.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lag {
    /// Where it could be seen.
    pub hop: String,
    pub p50_seconds: f64,
    pub p95_seconds: f64,
    pub max_seconds: f64,
    /// A lag may be less by up to this, the longest time between two polls.
    pub resolution_seconds: f64,
    /// How many answers could be seen, of how many that were looked for.
    pub seen: usize,
    pub answers: usize,
}

impl Polls {
    /// How long it is from now until so much time has passed since the last one.
    pub fn rest(&self, interval: Duration, now: i64) -> Duration {
        let passed = self
            .last
            .map(|last| u64::try_from(now - last).unwrap_or_default());
        let passed = passed.map_or(interval, Duration::from_millis);
        interval.saturating_sub(passed)
    }

    pub fn note(&mut self, now: i64) {
        if let Some(last) = self.last.replace(now) {
            self.longest = self.longest.max(now - last);
        }
    }
}

impl Sightings {
    /// Notes an answer with the last sample of each series.
    pub fn note(&mut self, latest: &[Series], now: i64) {
        self.polls.note(now);
        for series in latest {
            let known = self.by_target.entry(series.target()).or_default();
            if let Some(point) = series.points.last()
                && known.last().is_none_or(|last| last.scraped < point.at)
            {
                known.push(Sighting {
                    scraped: point.at,
                    seen: now,
                });
            }
        }
    }

    /// The last scrape of this target that could be seen.
    pub fn last(&self, target: &Labels) -> Option<i64> {
        let last = self.by_target.get(target)?.last()?;
        Some(last.scraped)
    }

    /// The first scrape of this target that began at or after an instant.
    pub fn first(&self, target: &Labels, since: i64) -> Option<i64> {
        self.since(target, since).map(|it| it.scraped).min()
    }

    /// When a scrape of this target could be seen first that began at or after an instant.
    pub fn seen(&self, target: &Labels, since: i64) -> Option<i64> {
        self.since(target, since).map(|it| it.seen).min()
    }

    /// The first one since an instant, of each series of labels that may be this target's.
    fn since(&self, target: &Labels, since: i64) -> impl Iterator<Item = &Sighting> {
        let own = self.by_target.iter();
        let own = own.filter(move |(labels, _)| has_all(labels, target));
        own.filter_map(move |(_, all)| all.get(all.partition_point(|it| it.scraped < since)))
    }
}

impl Lag {
    /// `None` where no answer could be seen.
    pub fn of(hop: &str, lags: &Lags) -> Option<Self> {
        let seconds = |millis: i64| millis.max(0) as f64 / 1e3;
        let mut seen: Vec<_> = lags
            .each
            .iter()
            .flatten()
            .map(|lag| seconds(*lag))
            .collect();
        seen.sort_by(f64::total_cmp);
        Some(Self {
            hop: hop.to_owned(),
            p50_seconds: order_statistic(&seen, 0.5)?,
            p95_seconds: order_statistic(&seen, 0.95)?,
            max_seconds: *seen.last()?,
            resolution_seconds: seconds(lags.polls.longest),
            seen: seen.len(),
            answers: lags.each.len(),
        })
    }
}

impl fmt::Display for Lag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: p50 {:.1} s, p95 {:.1} s, max {:.1} s from answer to visible, for {} of {}; asked at least every {:.1} s",
            self.hop,
            self.p50_seconds,
            self.p95_seconds,
            self.max_seconds,
            self.seen,
            self.answers,
            self.resolution_seconds
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::model::series::Point;

    #[test]
    fn the_next_poll_is_an_interval_after_the_last_one() {
        let mut polls = Polls::default();
        let interval = Duration::from_secs(1);
        assert_eq!(polls.rest(interval, 5000), Duration::ZERO);
        polls.note(5000);
        for (now, rest) in [
            (5000, 1000),
            (5400, 600),
            (6000, 0),
            (9000, 0),
            (4000, 1000),
        ] {
            assert_eq!(
                polls.rest(interval, now),
                Duration::from_millis(rest),
                "{now}"
            );
        }
    }

    #[test]
    fn an_answer_is_seen_with_the_first_scrape_after_it() {
        let labels = |job: &str| Labels::from([("job".to_owned(), job.to_owned())]);
        let latest = |at: i64| Series {
            labels: labels("a"),
            points: vec![Point { at, value: 0.0 }],
        };
        let mut sightings = Sightings::default();
        for (now, scraped) in [(1000, 900), (2000, 900), (3000, 2900), (5000, 4900)] {
            sightings.note(&[latest(scraped)], now);
        }
        for (since, seen) in [
            (900, Some(1000)),
            (901, Some(3000)),
            (4900, Some(5000)),
            (4901, None),
        ] {
            assert_eq!(sightings.seen(&labels("a"), since), seen, "{since}");
        }
        assert_eq!(sightings.seen(&labels("b"), 0), None);
        let lags = |each: &[Option<i64>]| Lags {
            each: each.to_vec(),
            polls: sightings.polls.clone(),
        };
        let lag = Lag::of("x", &lags(&[Some(100), None, Some(300)])).unwrap();
        assert_eq!((lag.seen, lag.answers), (2, 3));
        assert!(
            (lag.resolution_seconds - 2.0).abs() < 1e-9 && (lag.max_seconds - 0.3).abs() < 1e-9
        );
        assert_eq!(Lag::of("x", &lags(&[None])), None);
    }
}

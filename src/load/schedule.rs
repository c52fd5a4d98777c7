//! The schedule: from a rate to an iterator of due offsets from the start. Pure.

use std::time::Duration;

use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::{Arrivals, Plan};

/// The due offsets of a plan, in order, up to its duration.
pub fn due(plan: &Plan, seed: u64) -> Box<dyn Iterator<Item = Duration> + Send> {
    let end = plan.duration.unwrap_or(Duration::MAX);
    let rate = plan.rate;
    match plan.arrivals {
        Arrivals::Constant => Box::new(constant(rate).take_while(move |due| *due < end)),
        Arrivals::Poisson => Box::new(poisson(rate, seed).take_while(move |due| *due < end)),
    }
}

/// 0, 1/rate, 2/rate, …: each computed from its index, so that rounding errors do not accumulate.
fn constant(rate: f64) -> impl Iterator<Item = Duration> + Send {
    (0_u64..).map_while(move |n| Duration::try_from_secs_f64(n as f64 / rate).ok())
}

/// Gaps of -ln(1 - u) / rate.
fn poisson(rate: f64, seed: u64) -> impl Iterator<Item = Duration> + Send {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut at = 0.0;
    std::iter::from_fn(move || {
        at += -(1.0 - rng.random::<f64>()).ln() / rate;
        Duration::try_from_secs_f64(at).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plan(rate: f64, arrivals: Arrivals, seconds: u64) -> Plan {
        Plan {
            url: "http://127.0.0.1/".parse().unwrap(),
            rate,
            duration: Some(Duration::from_secs(seconds)),
            arrivals,
            max_in_flight: 1,
            sampled_ratio: 1.0,
        }
    }

    proptest! {
        #[test]
        fn constant_arrivals_match_the_rate(rate in 1_u32..5000, seconds in 1_u64..5) {
            let count = due(&plan(f64::from(rate), Arrivals::Constant, seconds), 0).count();
            prop_assert_eq!(count as u64, u64::from(rate) * seconds);
        }

        #[test]
        fn requests_are_due_in_order(rate in 0.5_f64..5000.0, seed: u64) {
            for arrivals in [Arrivals::Constant, Arrivals::Poisson] {
                let due: Vec<_> = due(&plan(rate, arrivals, 2), seed).collect();
                prop_assert!(due.is_sorted());
            }
        }
    }

    #[test]
    fn poisson_arrivals_have_the_mean_and_the_variance_of_the_rate() {
        let counts: Vec<f64> = (0..400)
            .map(|seed| due(&plan(50.0, Arrivals::Poisson, 2), seed).count() as f64)
            .collect();
        let mean = counts.iter().sum::<f64>() / 400.0;
        let variance = counts
            .iter()
            .map(|count| (count - mean).powi(2))
            .sum::<f64>()
            / 399.0;
        assert!((mean - 100.0).abs() < 3.0, "{mean}");
        assert!((70.0..130.0).contains(&variance), "{variance}");
    }
}

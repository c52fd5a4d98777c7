//! How long a round takes until its counts are complete, so that the next one does not change them.

use std::{fmt, time::Duration};

use super::super::{
    args::VerifyArgs,
    ask,
    clients::Clients,
    model::finding::Finding,
    source::{
        prometheus::{rule_interval, scrape_interval},
        truth::find_claim,
    },
};

/// Delays above this quantile are so rare that no time is reserved for them.
const LONGEST: f64 = 0.9999;
/// For the questions themselves.
const QUESTIONS: Duration = Duration::from_secs(2);

/// The parts of the time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Needed {
    /// Of the load.
    pub duration: Duration,
    /// The longest delay that is likely.
    pub delay: Duration,
    /// The scrape interval, which passes at most once before the load and once after it.
    pub interval: Duration,
    /// The longest interval of the recording rules of `--query`, which are evaluated after that scrape.
    pub rules: Duration,
}

impl Needed {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.duration + self.delay + 2 * self.interval + self.rules + QUESTIONS
    }
}

impl fmt::Display for Needed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            duration,
            delay,
            interval,
            rules,
        } = self;
        write!(
            f,
            "{:?}: --duration {duration:?}, a delay of up to {delay:?}, ",
            self.total()
        )?;
        if !interval.is_zero() {
            write!(f, "two scrape intervals of {interval:?}, ")?;
        }
        if !rules.is_zero() {
            write!(f, "an evaluation of the rules each {rules:?}, ")?;
        }
        write!(f, "and {QUESTIONS:?} for the questions")
    }
}

/// Asks what a round needs; what cannot be asked now is left out.
pub async fn needed(args: &VerifyArgs) -> Needed {
    let mut needed = Needed {
        duration: args.run.duration,
        ..Needed::default()
    };
    let Ok(clients) = Clients::new(args) else {
        return needed;
    };
    let Ok(claim) = find_claim(args, &clients.target).await else {
        return needed;
    };
    needed.delay = rounded_up(claim.delay.quantile(LONGEST));
    if let Ok(Finding::Found(both)) = ask::prometheus(args, &clients).await {
        let selector = args.selector.clone().unwrap_or_default();
        needed.rules = rule_interval(&both.0, &args.query).await;
        let interval = scrape_interval(both, &claim.names, &selector).await;
        let interval = interval.map(Duration::try_from_secs_f64);
        let interval = interval.and_then(Result::ok).unwrap_or_default();
        needed.interval = rounded_up(interval);
    }
    needed
}

/// To whole hundredths of a second, which can be read and added.
fn rounded_up(duration: Duration) -> Duration {
    let hundredths = duration.as_nanos().div_ceil(10_000_000);
    u64::try_from(hundredths).map_or(duration, |it| Duration::from_millis(it.saturating_mul(10)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_is_rounded_down() {
        for (exact, rounded) in [(0, 0), (1, 10), (1_999_800, 2_000), (2_000_000, 2_000)] {
            let exact = Duration::from_micros(exact);
            assert_eq!(rounded_up(exact), Duration::from_millis(rounded));
        }
        assert!(rounded_up(Duration::MAX) >= Duration::from_secs(u64::MAX / 1000));
    }

    #[test]
    fn the_numbers_add_up_to_the_time_that_is_needed() {
        let seconds = Duration::from_secs;
        let needed = Needed {
            duration: seconds(10),
            delay: seconds(2),
            interval: seconds(15),
            rules: seconds(0),
        };
        assert_eq!(needed.total(), seconds(44));
        let text = needed.to_string();
        for part in [
            "44s",
            "--duration 10s",
            "up to 2s",
            "intervals of 15s",
            "2s for",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let rules = seconds(60);
        let needed = Needed { rules, ..needed };
        assert_eq!(needed.total(), seconds(104));
        assert!(needed.to_string().contains("the rules each 60s"));
    }
}

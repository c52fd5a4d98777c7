//! The flags that declare a delay.

use std::{fmt::Write, time::Duration};

use super::{Delay, family, parse_duration};
use crate::number::whole;

/// How long requests are delayed.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Delay")]
pub struct DelayArgs {
    /// How long requests are delayed, as a distribution
    #[arg(
        long,
        env = "HTTPSERVER_DELAY",
        value_name = "SPEC",
        default_value_t,
        long_help = long_help()
    )]
    pub delay: Delay,

    /// Seed of the draws: with it, each request's delay can be recomputed from its traceparent
    ///
    /// The same seed gives the same delays on every replica and after every restart. By default a random seed is
    /// chosen at startup, and reported in the log, in /truth and in the metrics.
    #[arg(long, env = "HTTPSERVER_SEED", value_name = "N", value_parser = whole(0..=u64::MAX))]
    pub seed: Option<u64>,

    /// Maximum delay of a request; longer draws are cut to it
    #[arg(
        long,
        env = "HTTPSERVER_MAX_DELAY",
        value_name = "DURATION",
        default_value = "60s",
        value_parser = parse_duration
    )]
    pub max_delay: Duration,
}

/// The families with their meanings, and an example.
fn long_help() -> String {
    let mut help = "How long requests are delayed, as a distribution:\n".to_owned();
    for family in family::ALL {
        let _ = write!(help, "\n  {}\n      {}", family.usage, family.about);
    }
    help + "\n\nExample: mix(0.95:uniform(0s,1s),0.05:constant(3s)). Durations are decimal numbers with a unit: ns, us, ms, s, m, h."
}

/// The declared delay, capped at `--max-delay`.
impl From<&DelayArgs> for Delay {
    fn from(args: &DelayArgs) -> Self {
        args.delay.clone().capped(args.max_delay)
    }
}

#[cfg(test)]
mod tests {
    use clap::{Parser, error::ErrorKind};

    use super::*;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        delay: DelayArgs,
    }

    fn parse(args: &[&str]) -> Result<Delay, clap::Error> {
        Command::try_parse_from([&["test"], args].concat())
            .map(|command| Delay::from(&command.delay))
    }

    #[test]
    fn the_declared_delay_is_capped_by_max_delay() {
        let delay = parse(&["--delay", "constant(3s)", "--max-delay", "2s"]).unwrap();
        assert_eq!(delay.max(), Duration::from_secs(2));
    }

    #[test]
    fn a_bad_spec_is_a_usage_error_that_names_its_place() {
        let error = parse(&["--delay", "constant(3)"]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ValueValidation);
        assert!(error.to_string().contains("column 10"), "{error}");
        assert_eq!(error.exit_code(), 2);
    }
}

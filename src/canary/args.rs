//! The flags of `canary`: those of `verify`, and when to begin a round, where to report, and whom to call.

use std::{net::SocketAddr, time::Duration};

use reqwest::Url;

use crate::{
    client::parse_url,
    delay::parse_positive_duration,
    output::Output,
    server::parse_address,
    telemetry::LogFormat,
    verify::{Needed, VerifyArgs},
};

/// So many rounds are held at a time, whatever the flags say.
const MOST_HELD: usize = 100;

/// Flags of `canary`.
#[derive(Clone, Debug, clap::Args)]
#[command(mut_arg("rate", |rate| rate.default_value("2")))]
#[command(mut_arg("duration", |duration| duration.default_value("10s")))]
#[command(mut_arg("output", |output| output.hide(true).value_parser(no_report)))]
pub struct CanaryArgs {
    /// What a round sends, asks and judges.
    #[command(flatten)]
    pub verify: VerifyArgs,

    /// When rounds begin, and where they are reported.
    #[command(flatten)]
    pub rounds: RoundArgs,
}

/// Rounds, and their report.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Rounds")]
pub struct RoundArgs {
    /// Time from the begin of one round to that of the next
    #[arg(long, env = "HTTPSERVER_CANARY_EVERY", value_name = "DURATION", default_value = "1m", value_parser = parse_positive_duration)]
    pub every: Duration,

    /// How long after its load a round waits for remote write and for traces; what comes later is lost at first, and then late
    #[arg(long, env = "HTTPSERVER_CANARY_DEADLINE", value_name = "DURATION", default_value = "2m", value_parser = parse_positive_duration)]
    pub deadline: Duration,

    /// Address and port of the canary's own /metrics, /status and /healthz
    #[arg(long, env = "HTTPSERVER_CANARY_LISTEN", value_name = "ADDR", default_value = "0.0.0.0:9465", value_parser = parse_address)]
    pub listen: SocketAddr,

    /// URL that is requested after each round that passed or only warned: a dead man's switch
    #[arg(long, env = "HTTPSERVER_CANARY_HEARTBEAT", hide_env_values = true, value_name = "URL", value_parser = parse_url)]
    pub heartbeat: Option<Url>,

    /// Format of log lines [default: text on a terminal, json otherwise]
    #[arg(long, env = "HTTPSERVER_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

/// A canary prints no report, so only the default of `--output` is taken.
fn no_report(format: &str) -> Result<Output, &'static str> {
    match format {
        "text" => Ok(Output::Text),
        _ => Err(
            "a canary prints no report, so it must be text: see its /status, as a page or as JSON, and its /metrics",
        ),
    }
}

impl RoundArgs {
    /// How many rounds are held at a time, at most.
    #[must_use]
    pub fn most_held(&self) -> usize {
        let whole = self
            .deadline
            .as_nanos()
            .div_ceil(self.every.as_nanos().max(1));
        usize::try_from(whole)
            .unwrap_or(usize::MAX)
            .saturating_add(1)
            .min(MOST_HELD)
    }

    /// Why rounds cannot begin so often.
    pub(super) fn is_too_short_for(&self, needed: &Needed) -> Option<String> {
        let every = self.every;
        (every < needed.total()).then(|| {
            format!(
                "--every {every:?} is shorter than a round needs until the next one may begin, {needed}; give a longer --every or a shorter --duration"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Args, FromArgMatches};

    #[test]
    fn a_round_is_smaller_than_a_run_and_two_more_begin_before_its_deadline() {
        let command = CanaryArgs::augment_args(clap::Command::new("canary"));
        let args = command.get_matches_from(["canary"]);
        let args = CanaryArgs::from_arg_matches(&args).unwrap();
        let run = &args.verify.run;
        assert_eq!((run.rate, run.duration), (2.0, Duration::from_secs(10)));
        assert_eq!(args.rounds.most_held(), 3);
    }
}

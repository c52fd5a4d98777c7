//! The flags of `load`, and the plan made from them.

use std::time::Duration;

use reqwest::Url;

use super::StatusSet;
use crate::{
    client::{ClientArgs, parse_url},
    delay::parse_positive_duration,
    number::whole,
    output::Output,
};

/// Flags of `load`.
#[derive(Clone, Debug, clap::Args)]
pub struct LoadArgs {
    /// Where to send requests
    #[arg(
        env = "HTTPSERVER_LOAD_URL",
        hide_env_values = true,
        default_value = "http://127.0.0.1:8080/images",
        value_parser = parse_url
    )]
    pub url: Url,

    /// Requests a second
    #[arg(long, env = "HTTPSERVER_LOAD_RATE", value_name = "RATE", default_value = "10", value_parser = rate)]
    pub rate: f64,

    /// How long to send; until Ctrl-C if omitted
    #[arg(long, env = "HTTPSERVER_LOAD_DURATION", value_name = "DURATION", value_parser = parse_positive_duration)]
    pub duration: Option<Duration>,

    /// When requests are due: at a constant rate, or as a Poisson process (independent users)
    #[arg(
        long,
        env = "HTTPSERVER_LOAD_ARRIVALS",
        value_name = "ARRIVALS",
        default_value = "constant"
    )]
    pub arrivals: Arrivals,

    /// Maximum number of requests in flight; a request due above it waits, and is dropped and counted as not sent once
    /// it is late by --timeout
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = whole(1..=u32::MAX))]
    pub max_in_flight: u32,

    /// Share of the requests whose traceparent has the sampled flag, 0 to 1
    #[arg(long, env = "HTTPSERVER_LOAD_SAMPLED_RATIO", value_name = "RATIO", default_value = "1", value_parser = ratio)]
    pub sampled_ratio: f64,

    /// Statuses that count as success, such as 2xx,404 or 200-599; any other answer makes the exit code 1
    #[arg(
        long,
        env = "HTTPSERVER_LOAD_ACCEPT_STATUS",
        value_name = "STATUSES",
        default_value_t
    )]
    pub accept_status: StatusSet,

    /// Output format of the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output: Output,

    /// How requests are sent.
    #[command(flatten)]
    pub client: ClientArgs,
}

/// When requests are due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Arrivals {
    /// One every 1/rate seconds.
    #[default]
    Constant,
    /// With exponential gaps.
    Poisson,
}

/// What to send, and when.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The target.
    pub url: Url,
    /// Requests a second; above 0.
    pub rate: f64,
    /// How long; without end if `None`.
    pub duration: Option<Duration>,
    /// When requests are due.
    pub arrivals: Arrivals,
    /// Maximum number of requests in flight.
    pub max_in_flight: usize,
    /// Share of the requests with the sampled flag.
    pub sampled_ratio: f64,
}

impl LoadArgs {
    pub(super) fn plan(&self) -> Plan {
        Plan {
            url: self.url.clone(),
            rate: self.rate,
            duration: self.duration,
            arrivals: self.arrivals,
            max_in_flight: self.max_in_flight as usize,
            sampled_ratio: self.sampled_ratio,
        }
    }
}

/// Requests a second: above 0, at most a million.
///
/// # Errors
/// When the text is not such a number.
pub fn rate(given: &str) -> Result<f64, String> {
    let rate = given
        .parse()
        .ok()
        .filter(|rate: &f64| *rate > 0.0 && *rate <= 1e6);
    rate.ok_or_else(|| {
        "must be a number above 0 and at most 1000000 (requests a second)".to_owned()
    })
}

/// A share: 0 to 1.
///
/// # Errors
/// When the text is not such a number.
pub fn ratio(given: &str) -> Result<f64, String> {
    let ratio = given
        .parse()
        .ok()
        .filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or_else(|| "must be a number from 0 to 1".to_owned())
}

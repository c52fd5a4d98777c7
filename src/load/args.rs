//! The flags of `load`, and the plan that they make.

use std::{io::Write, time::Duration};

use reqwest::Url;

use super::Report;
use crate::{
    client::{ClientArgs, parse_url},
    delay::parse_duration,
};

/// Flags of `load`.
#[derive(Clone, Debug, clap::Args)]
pub struct LoadArgs {
    /// Where to send requests
    #[arg(
        env = "HTTPSERVER_LOAD_URL",
        default_value = "http://127.0.0.1:8080/images",
        value_parser = parse_url
    )]
    pub url: Url,

    /// Requests a second
    #[arg(long, env = "HTTPSERVER_LOAD_RATE", value_name = "RATE", default_value = "10", value_parser = rate)]
    pub rate: f64,

    /// How long to send; until Ctrl-C where not given
    #[arg(long, env = "HTTPSERVER_LOAD_DURATION", value_name = "DURATION", value_parser = parse_duration)]
    pub duration: Option<Duration>,

    /// When requests are due: evenly, or at random (as independent users come)
    #[arg(
        long,
        env = "HTTPSERVER_LOAD_ARRIVALS",
        value_name = "ARRIVALS",
        default_value = "constant"
    )]
    pub arrivals: Arrivals,

    /// Most requests in flight; one that is due above that waits for a place, and is not sent, but counted, when it is
    /// late by --timeout
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_in_flight: u32,

    /// Share of the requests whose traceparent says that they are sampled, 0 to 1
    #[arg(long, env = "HTTPSERVER_LOAD_SAMPLED_RATIO", value_name = "RATIO", default_value = "1", value_parser = ratio)]
    pub sampled_ratio: f64,

    /// How to print the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output: Output,

    /// How requests are sent.
    #[command(flatten)]
    pub client: ClientArgs,
}

/// When requests are due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Arrivals {
    /// One each 1/rate seconds.
    #[default]
    Constant,
    /// With exponential gaps.
    Poisson,
}

/// How to print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// What is to be sent, and when.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where to.
    pub url: Url,
    /// Requests a second; above 0.
    pub rate: f64,
    /// How long; for ever where none.
    pub duration: Option<Duration>,
    /// When requests are due.
    pub arrivals: Arrivals,
    /// Most requests in flight.
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

impl Output {
    pub(super) fn write(self, report: &Report, out: &mut impl Write) -> anyhow::Result<()> {
        match self {
            Self::Text => write!(out, "{report}")?,
            Self::Json => writeln!(out, "{}", serde_json::to_string_pretty(report)?)?,
        }
        Ok(())
    }
}

/// Requests a second: above 0, at most a million.
///
/// # Errors
/// When it is no such number.
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
/// When it is no such number.
pub fn ratio(given: &str) -> Result<f64, String> {
    let ratio = given
        .parse()
        .ok()
        .filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or_else(|| "must be a number from 0 to 1".to_owned())
}

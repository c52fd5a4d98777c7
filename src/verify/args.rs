//! The flags of `verify`.

use std::time::Duration;

use reqwest::Url;

use crate::{
    client::ClientArgs,
    delay::{Delay, parse_duration},
    load::{Output, rate, ratio},
};

/// Flags of `verify`.
#[derive(Clone, Debug, clap::Args)]
pub struct VerifyArgs {
    /// The service: where the known requests are sent
    #[arg(
        long,
        env = "HTTPSERVER_TARGET",
        value_name = "URL",
        default_value = "http://127.0.0.1:8080/images"
    )]
    pub target: Url,

    /// The Prometheus that scrapes it
    #[arg(long, env = "HTTPSERVER_PROMETHEUS", value_name = "URL")]
    pub prometheus: Option<Url>,

    /// The Jaeger that gets its spans
    #[arg(long, env = "HTTPSERVER_JAEGER", value_name = "URL")]
    pub jaeger: Option<Url>,

    /// Where the replicas' metrics are, at every address of the host name; can be repeated [default: /metrics of the target]
    #[arg(long, value_name = "URL")]
    pub metrics: Vec<Url>,

    /// What is claimed of the load and of the delay.
    #[command(flatten)]
    pub run: RunArgs,

    /// What counts as a failure.
    #[command(flatten)]
    pub limits: LimitArgs,

    /// How to print the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output: Output,

    /// How requests are sent; the headers go to the target, to Prometheus and to Jaeger.
    #[command(flatten)]
    pub client: ClientArgs,
}

/// The known traffic.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Traffic")]
pub struct RunArgs {
    /// The delay that is claimed [default: what the service's /truth says]
    #[arg(long, value_name = "SPEC")]
    pub delay: Option<Delay>,

    /// The seed that is claimed [default: what the service's /truth says]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// First word of the names of the service's metrics [default: what the service's /truth says]
    #[arg(long, value_name = "WORD")]
    pub namespace: Option<String>,

    /// Requests a second
    #[arg(long, value_name = "RATE", default_value = "20", value_parser = rate)]
    pub rate: f64,

    /// How long to send
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = parse_duration)]
    pub duration: Duration,

    /// Share of the requests whose traceparent says that they are sampled, 0 to 1
    #[arg(long, value_name = "RATIO", default_value = "1", value_parser = ratio)]
    pub sampled_ratio: f64,

    /// How long to wait for each thing that must happen: a scrape, the last spans
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = parse_duration)]
    pub wait: Duration,
}

/// What is still true enough.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Verdicts")]
pub struct LimitArgs {
    /// Largest p99 of measured total minus drawn delay
    #[arg(long, value_name = "DURATION", default_value = "5ms", value_parser = parse_duration)]
    pub max_clock_error: Duration,

    /// Largest p99 of the client's own time minus the measured total [default: any]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub max_wire: Option<Duration>,

    /// The window that a dashboard's rate has, to be reported beside that of the whole run
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub rate_window: Option<Duration>,

    /// Fail when somebody else's requests reach the service during the run
    #[arg(long)]
    pub exclusive: bool,

    /// Fail where a hop cannot be checked
    #[arg(long)]
    pub require_all: bool,
}

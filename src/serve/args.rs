//! The flags of `serve`: where to listen, how to stop, what to refuse.

use std::{net::SocketAddr, time::Duration};

use clap::builder::BoolishValueParser;

use super::links::LinkArgs;
use crate::{
    delay::{DelayArgs, parse_duration, parse_positive_duration},
    instruments::MetricArgs,
    number::whole,
    server::{Limits, parse_address},
    telemetry::LogFormat,
};

/// The flags of `serve`. Each has a variable; traces are configured by the standard `OTEL_*` variables.
#[derive(Clone, Debug, clap::Args)]
pub struct ServeArgs {
    /// What the delay is.
    #[command(flatten)]
    pub delay: DelayArgs,

    /// Injected errors, and what a client may override.
    #[command(flatten)]
    pub answers: AnswerArgs,

    /// Address and port of the service; `:8080` is every IPv4 address
    #[arg(
        long,
        env = "HTTPSERVER_LISTEN",
        value_name = "ADDR",
        default_value = "0.0.0.0:8080",
        value_parser = parse_address,
        help_heading = "Serving"
    )]
    pub listen: SocketAddr,

    /// Move /metrics to an address of its own
    #[arg(
        long,
        env = "HTTPSERVER_METRICS_LISTEN",
        value_name = "ADDR",
        value_parser = parse_address,
        help_heading = "Serving"
    )]
    pub metrics_listen: Option<SocketAddr>,

    /// How long to keep accepting after a signal, unready, until load balancers have noticed
    #[arg(long, env = "HTTPSERVER_DRAIN_DELAY", value_name = "DURATION", default_value = "0s", value_parser = parse_duration, help_heading = "Serving")]
    pub drain_delay: Duration,

    /// How long requests in flight may take to finish after that [default: --max-delay + 5s]
    #[arg(long, env = "HTTPSERVER_GRACE", value_name = "DURATION", value_parser = parse_duration, help_heading = "Serving")]
    pub grace: Option<Duration>,

    /// How long /metrics stays up after the last response, until each scraper of the last five minutes has read it; 0s: not at all
    #[arg(long, env = "HTTPSERVER_SCRAPE_GRACE", value_name = "DURATION", default_value = "15s", value_parser = parse_duration, help_heading = "Serving")]
    pub scrape_grace: Duration,

    /// How long a client may take to send a request's head, a keep-alive connection may be idle, and a response may wait for
    /// its client to read on
    #[arg(long, env = "HTTPSERVER_HEADER_TIMEOUT", value_name = "DURATION", default_value = "30s", value_parser = parse_positive_duration, help_heading = "Serving")]
    pub header_timeout: Duration,

    /// Largest head of a request, in bytes (431 above)
    #[arg(long, env = "HTTPSERVER_MAX_HEADER_BYTES", value_name = "N", default_value_t = 16_384, value_parser = whole(8_192_u32..=1_048_576), help_heading = "Serving")]
    pub max_header_bytes: u32,

    /// Most headers in a request (431 above)
    #[arg(long, env = "HTTPSERVER_MAX_HEADERS", value_name = "N", default_value_t = 100, value_parser = whole(1_u32..=10_000), help_heading = "Serving")]
    pub max_headers: u32,

    /// Most requests in flight (503 with Retry-After above)
    #[arg(long, env = "HTTPSERVER_MAX_IN_FLIGHT", value_name = "N", default_value_t = 16_384, value_parser = whole(1..=u32::MAX), help_heading = "Serving")]
    pub max_in_flight: u32,

    /// Names and bucket bounds of the metrics.
    #[command(flatten)]
    pub metrics: MetricArgs,

    /// Links of the live page.
    #[command(flatten)]
    pub links: LinkArgs,

    /// Log lines.
    #[command(flatten)]
    pub logs: LogArgs,
}

/// Answers that differ from what is declared.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Answers")]
pub struct AnswerArgs {
    /// Refuse ?delay= and ?status=, which override the delay or the status of one request
    #[arg(long, env = "HTTPSERVER_NO_OVERRIDES", value_parser = BoolishValueParser::new())]
    pub no_overrides: bool,

    /// Share of the requests that fail, 0 to 1; which ones is drawn from their trace context, as the delay is
    #[arg(long, env = "HTTPSERVER_ERROR_RATE", value_name = "RATE", default_value = "0", value_parser = rate)]
    pub error_rate: f64,

    /// Status code of the requests that fail
    #[arg(long, env = "HTTPSERVER_ERROR_STATUS", value_name = "CODE", default_value_t = 503, value_parser = whole(400_u16..=599))]
    pub error_status: u16,
}

/// Log lines.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
#[command(next_help_heading = "Logs")]
pub struct LogArgs {
    /// Format of log lines [default: text on a terminal, json otherwise]
    #[arg(long, env = "HTTPSERVER_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,

    /// Log one line per request
    #[arg(long, env = "HTTPSERVER_ACCESS_LOG", value_parser = BoolishValueParser::new())]
    pub access_log: bool,
}

impl From<&ServeArgs> for Limits {
    fn from(args: &ServeArgs) -> Self {
        Self {
            header_timeout: args.header_timeout,
            header_bytes: args.max_header_bytes as usize,
            headers: args.max_headers as usize,
        }
    }
}

impl ServeArgs {
    /// How long requests in flight may take to finish; by default longer than the longest delay.
    #[must_use]
    pub fn grace(&self) -> Duration {
        let longest = self.delay.max_delay.saturating_add(Duration::from_secs(5));
        self.grace.unwrap_or(longest)
    }
}

fn rate(given: &str) -> Result<f64, String> {
    given
        .parse()
        .ok()
        .filter(|rate| (0.0..=1.0).contains(rate))
        .ok_or_else(|| "must be a number from 0 to 1".to_owned())
}

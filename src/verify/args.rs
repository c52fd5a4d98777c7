//! The flags of `verify`.

use std::{path::PathBuf, time::Duration};

use clap::builder::{PathBufValueParser, TypedValueParser};
use reqwest::Url;

use crate::{
    client::{ClientArgs, config_file, parse_url},
    contract::names::parse_namespace,
    delay::{Delay, parse_duration, parse_positive_duration},
    load::{rate, ratio},
    number::whole,
    output::Output,
    verify::model::{expected_traces::ExpectedTraces, own_query::OwnQuery, promql::Selector},
};

/// Most memory for the requests of a run, which are kept until the report; and what one takes at most, as measured.
const MAX_BYTES: f64 = 200.0 * MIB;
const BYTES_PER_REQUEST: f64 = 120.0;
const BYTES_PER_TRACE: f64 = 180.0;
const MIB: f64 = 1_048_576.0;

/// Flags of `verify`.
#[derive(Clone, Debug, clap::Args)]
pub struct VerifyArgs {
    /// URL of the service to which the known requests are sent
    #[arg(
        long,
        env = "HTTPSERVER_TARGET",
        hide_env_values = true,
        value_name = "URL",
        default_value = "http://127.0.0.1:8080/images",
        value_parser = target
    )]
    pub target: Url,

    /// URL of the Prometheus that scrapes the service, or of a store with its API
    #[arg(long, env = "HTTPSERVER_PROMETHEUS", hide_env_values = true, value_name = "URL", value_parser = parse_url)]
    pub prometheus: Option<Url>,

    /// URL of a store that --prometheus writes to (remote write): it must have the same samples
    #[arg(long, value_name = "URL", value_parser = parse_url, requires = "prometheus")]
    pub remote: Option<Url>,

    /// URL of the Prometheus that writes to --prometheus, asked only for its targets and its time
    #[arg(long, value_name = "URL", value_parser = parse_url, requires = "prometheus")]
    pub scraper: Option<Url>,

    /// Further label matchers of every query to Prometheus, such as 'namespace="prod"'
    #[arg(long, value_name = "MATCHERS")]
    pub selector: Option<Selector>,

    /// Query of your own for a percentile, such as 'p99=job:latency:p99': a recording rule, or that of a panel. It is asked
    /// after the run, and judged like a percentile; can be repeated
    #[arg(long, value_name = "pN=PROMQL", requires = "prometheus")]
    pub query: Vec<OwnQuery>,

    /// URL of the store that receives the service's spans: Jaeger or Grafana Tempo. `--jaeger` and `HTTPSERVER_JAEGER` are other names of it
    #[arg(long, env = "HTTPSERVER_TRACES", hide_env_values = true, value_name = "URL", value_parser = parse_url, group = "trace-store")]
    pub traces: Option<Url>,

    /// Another name of --traces
    #[arg(long, env = "HTTPSERVER_JAEGER", hide_env_values = true, value_name = "URL", value_parser = parse_url, group = "trace-store", conflicts_with = "traces", hide = true)]
    pub jaeger: Option<Url>,

    /// URL of the replicas' metrics, read at every address of its host name; can be repeated [default: /metrics of the target]
    #[arg(long, value_name = "URL", value_parser = parse_url)]
    pub metrics: Vec<Url>,

    /// Format of the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output: Output,

    /// What is claimed and sent.
    #[command(flatten)]
    pub run: RunArgs,

    /// What counts as a failure.
    #[command(flatten)]
    pub limits: LimitArgs,

    /// How requests are sent, and the credentials of the target.
    #[command(flatten)]
    pub client: ClientArgs,

    /// The credentials of the others.
    #[command(flatten)]
    pub credentials: CredentialArgs,
}

/// Files of credentials; each goes to its own destination, and to no other.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Credentials of the sources")]
pub struct CredentialArgs {
    /// File of credentials for Prometheus: headers and TLS, as in promtool's --http.config.file. A bearer token can be in the variable `HTTPSERVER_PROMETHEUS_TOKEN` instead
    #[arg(long, env = "HTTPSERVER_PROMETHEUS_HTTP_CONFIG", value_name = "FILE", value_parser = PathBufValueParser::new().try_map(config_file))]
    pub prometheus_http_config: Option<PathBuf>,

    /// The same for --scraper; the variable is `HTTPSERVER_SCRAPER_TOKEN`
    #[arg(long, env = "HTTPSERVER_SCRAPER_HTTP_CONFIG", value_name = "FILE", value_parser = PathBufValueParser::new().try_map(config_file))]
    pub scraper_http_config: Option<PathBuf>,

    /// The same for --remote; the variable is `HTTPSERVER_REMOTE_TOKEN`
    #[arg(long, env = "HTTPSERVER_REMOTE_HTTP_CONFIG", value_name = "FILE", value_parser = PathBufValueParser::new().try_map(config_file))]
    pub remote_http_config: Option<PathBuf>,

    /// The same for --traces; the variable is `HTTPSERVER_TRACES_TOKEN`. `--jaeger-http-config`, `HTTPSERVER_JAEGER_HTTP_CONFIG` and `HTTPSERVER_JAEGER_TOKEN` are other names
    #[arg(long, env = "HTTPSERVER_TRACES_HTTP_CONFIG", value_name = "FILE", value_parser = PathBufValueParser::new().try_map(config_file))]
    pub traces_http_config: Option<PathBuf>,

    /// Another name of --traces-http-config
    #[arg(long, env = "HTTPSERVER_JAEGER_HTTP_CONFIG", value_name = "FILE", value_parser = PathBufValueParser::new().try_map(config_file), conflicts_with = "traces_http_config", hide = true)]
    pub jaeger_http_config: Option<PathBuf>,

    /// The same for the metrics of the replicas; the variable is `HTTPSERVER_METRICS_TOKEN` [default: at the origin of the target, its credentials; elsewhere none]
    #[arg(long, env = "HTTPSERVER_METRICS_HTTP_CONFIG", value_name = "FILE", value_parser = PathBufValueParser::new().try_map(config_file))]
    pub metrics_http_config: Option<PathBuf>,
}

/// The known traffic.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Traffic")]
pub struct RunArgs {
    /// The delay that the service should have [default: as in the service's /truth]
    #[arg(long, value_name = "SPEC")]
    pub delay: Option<Delay>,

    /// The --max-delay that the service should have: --delay is cut to it, as the service does [default: 60s]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub max_delay: Option<Duration>,

    /// The seed that the service should have [default: as in the service's /truth]
    #[arg(long, value_name = "N", value_parser = whole(0..=u64::MAX))]
    pub seed: Option<u64>,

    /// First word of the service's metric names [default: as in the service's /truth]
    #[arg(long, value_name = "WORD", value_parser = parse_namespace)]
    pub namespace: Option<String>,

    /// Requests per second
    #[arg(long, value_name = "RATE", default_value = "20", value_parser = rate)]
    pub rate: f64,

    /// How long to send requests
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = parse_positive_duration)]
    pub duration: Duration,

    /// Share of the requests with the sampled flag in their traceparent, 0 to 1
    #[arg(long, value_name = "RATIO", default_value = "1", value_parser = ratio)]
    pub sampled_ratio: f64,

    /// How long to wait for each scrape, and for the last spans [default: 60s; for scrapes at least two scrape intervals and 5s]
    #[arg(long, value_name = "DURATION", value_parser = parse_positive_duration)]
    pub wait: Option<Duration>,
}

/// Thresholds.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Verdicts")]
pub struct LimitArgs {
    /// Highest p99 of measured total minus drawn delay [default: above 5ms is a warning, not a failure]
    #[arg(long, value_name = "DURATION", value_parser = parse_positive_duration)]
    pub max_clock_error: Option<Duration>,

    /// Highest p99 of the client's own time minus the measured total [default: no limit]
    #[arg(long, value_name = "DURATION", value_parser = parse_positive_duration)]
    pub max_wire: Option<Duration>,

    /// Range of a dashboard's rate queries, whose percentiles are checked beside those of the whole run
    #[arg(long, value_name = "DURATION", value_parser = parse_positive_duration)]
    pub rate_window: Option<Duration>,

    /// Traces that samplers on the way leave: a share such as 0.5, or those of slow requests, such as 'total>1s' [default: all]
    #[arg(long, value_name = "SHARE|total>DURATION", requires = "trace-store")]
    pub expect_traces: Option<ExpectedTraces>,

    /// Fail if requests of other clients reach the service during the run
    #[arg(long)]
    pub exclusive: bool,

    /// Fail if a hop cannot be checked; exemplars and native histograms that are off do not count
    #[arg(long)]
    pub require_all: bool,
}

impl VerifyArgs {
    /// The URL of the traces, by either name.
    #[must_use]
    pub fn traces(&self) -> Option<&Url> {
        self.traces.as_ref().or(self.jaeger.as_ref())
    }

    /// Why flags that are valid by themselves are refused together.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        if self.run.max_delay.is_some() && self.run.delay.is_none() {
            let reason = "--max-delay cuts --delay, which is not given: give both, or neither";
            return Some(reason.to_owned());
        }
        let requests = self.run.requests();
        let traces = self.traces().map_or(0.0, |_| self.run.sampled_ratio);
        let each = BYTES_PER_REQUEST + BYTES_PER_TRACE * traces;
        let bytes = each * requests as f64;
        (bytes > MAX_BYTES).then(|| {
            format!(
                "--rate {} for --duration {:?} is {requests} requests, which take {:.0} MiB of memory; at most {:.0} requests, {:.0} MiB, are allowed",
                self.run.rate,
                self.run.duration,
                bytes / MIB,
                MAX_BYTES / each,
                MAX_BYTES / MIB
            )
        })
    }
}

impl RunArgs {
    /// How many requests this is.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative; the cast saturates"
    )]
    #[must_use]
    pub fn requests(&self) -> usize {
        (self.rate * self.duration.as_secs_f64()).ceil() as usize
    }
}

/// A URL without `?delay=` and `?status=`: a request that overrides its own delay has no claimed one.
fn target(given: &str) -> Result<Url, String> {
    let url = parse_url(given)?;
    let mut query = url.query_pairs();
    if query.any(|(name, _)| name == "delay" || name == "status") {
        return Err("must not contain ?delay= or ?status=".to_owned());
    }
    Ok(url)
}

//! The clients of a run: one for each destination, which alone has that destination's credentials.

use std::{path::PathBuf, time::Duration};

use reqwest::Url;

use super::args::VerifyArgs;
use crate::client::{Client, Credentials, Destination, Patience};

/// APIs get at least this much time, even where the target is tested with a short `--timeout`.
const MIN_API_TIMEOUT: Duration = Duration::from_secs(20);
/// A replica that has ended may leave an address at which nothing refuses a connection, either.
const API_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

pub struct Clients {
    /// Sends the known requests to the target.
    pub load: Client,
    /// Asks the target for everything else.
    pub target: Client,
    pub prometheus: Client,
    pub scraper: Client,
    pub remote: Client,
    pub traces: Client,
    metrics: Client,
    /// Of all but the target and the metrics, which may end in the run.
    patience: Patience,
    /// The target, whose credentials its metrics need, too; `None` where metrics have their own.
    target_url: Option<Url>,
}

impl Clients {
    /// Reads the credentials of each destination. An error is wrong usage, and shows no secret.
    pub fn new(args: &VerifyArgs) -> Result<Self, String> {
        let timeout = args.client.timeout;
        let patient = timeout.max(MIN_API_TIMEOUT);
        let client = |credentials: &Credentials, timeout| {
            Client::connecting_within(Some(API_CONNECT_TIMEOUT), credentials, timeout)
                .map_err(|error| error.to_string())
        };
        let read = |destination: Destination, config: Option<&PathBuf>| {
            destination.credentials(config.map(PathBuf::as_path), &args.client.tokens)
        };
        let given = &args.credentials;
        let target = args.client.credentials()?;
        let prometheus = read(
            Destination::Prometheus,
            given.prometheus_http_config.as_ref(),
        )?;
        let scraper = read(Destination::Scraper, given.scraper_http_config.as_ref())?;
        let remote = read(Destination::Remote, given.remote_http_config.as_ref())?;
        let traces = given.traces_http_config.as_ref();
        let traces = traces.or(given.jaeger_http_config.as_ref());
        let traces = read(Destination::Traces, traces)?;
        let metrics = read(Destination::Metrics, given.metrics_http_config.as_ref())?;
        let target_url = metrics.is_empty().then(|| args.target.clone());
        Destination::Target.check(&args.target, &target)?;
        for (destination, url, own) in [
            (
                Destination::Prometheus,
                args.prometheus.as_ref(),
                &prometheus,
            ),
            (Destination::Scraper, args.scraper.as_ref(), &scraper),
            (Destination::Remote, args.remote.as_ref(), &remote),
            (Destination::Traces, args.traces(), &traces),
        ] {
            if let Some(url) = url {
                destination.check(url, own)?;
            }
        }
        for url in &args.metrics {
            let own = if is_beside(target_url.as_ref(), url) {
                &target
            } else {
                &metrics
            };
            Destination::Metrics.check(url, own)?;
        }
        let (short, patience) = (Patience::default(), Patience::default());
        let api = |own: &Credentials, of: Destination, config: &Option<PathBuf>| {
            let patience = if of == Destination::Metrics {
                &short
            } else {
                &patience
            };
            let (config, tokens) = (config.clone(), args.client.tokens.clone());
            let read = move || of.credentials(config.as_deref(), &tokens);
            client(own, patient).map(|client| client.patient(patience).renewed_by(read))
        };
        let load = Client::with(&target, timeout).map_err(|error| error.to_string())?;
        let of_target = args.client.clone();
        let read_again = move || of_target.credentials();
        let api_target = client(&target, patient)?
            .patient(&short)
            .renewed_by(read_again);
        Ok(Self {
            load: load.with_headers_of(&api_target),
            target: api_target,
            prometheus: api(
                &prometheus,
                Destination::Prometheus,
                &given.prometheus_http_config,
            )?,
            scraper: api(&scraper, Destination::Scraper, &given.scraper_http_config)?,
            remote: api(&remote, Destination::Remote, &given.remote_http_config)?,
            traces: api(&traces, Destination::Traces, &given.traces_http_config)?,
            metrics: api(&metrics, Destination::Metrics, &given.metrics_http_config)?,
            patience,
            target_url,
        })
    }

    /// Once the load has begun, a question is repeated this long.
    pub fn begin(&self, wait: Duration) {
        self.patience.extend(wait);
    }

    /// The client of these metrics, by the URL as it was given: those at the origin of the target have its credentials,
    /// unless metrics have their own.
    pub fn of_metrics(&self, url: &Url) -> &Client {
        if is_beside(self.target_url.as_ref(), url) {
            &self.target
        } else {
            &self.metrics
        }
    }
}

fn is_beside(target: Option<&Url>, url: &Url) -> bool {
    target.is_some_and(|target| target.origin() == url.origin())
}

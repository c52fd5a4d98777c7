//! `healthcheck`: one request to a running service, for container images without a shell.

use std::{net::SocketAddr, time::Duration};

use reqwest::Url;

use crate::{
    client::{Client, ClientArgs, Failure, parse_url},
    delay::parse_positive_duration,
    exit::Exit,
    output::print_error,
    server::{parse_address, reachable},
};

/// Flags of `healthcheck`.
#[derive(Clone, Debug, clap::Args)]
pub struct HealthcheckArgs {
    /// URL to request; healthy if the status is 2xx [default: /readyz at --listen]
    #[arg(long, env = "HTTPSERVER_HEALTHCHECK_URL", hide_env_values = true, value_name = "URL", value_parser = parse_url)]
    url: Option<Url>,

    /// Where the service listens, as in its own --listen; if that is every address, loopback is asked
    #[arg(
        long,
        env = "HTTPSERVER_LISTEN",
        value_name = "ADDR",
        default_value = "0.0.0.0:8080",
        value_parser = parse_address,
        conflicts_with = "url"
    )]
    listen: SocketAddr,

    /// Timeout of the request
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = parse_positive_duration)]
    timeout: Duration,
}

/// Sends the request; prints one line when unhealthy: exit code 1 for a status that is not 2xx, 3 for no response. For
/// Docker and Kubernetes each code other than 0 means unhealthy.
///
/// # Errors
/// When the client cannot be built.
pub async fn run(args: &HealthcheckArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&ClientArgs {
        timeout: args.timeout,
        ..ClientArgs::default()
    })?;
    let url = match (&args.url, args.listen.port()) {
        (Some(url), _) => url.clone(),
        (None, 0) => {
            print_error("error: --listen has port 0, which is any free port; give --url");
            return Ok(Exit::Usage);
        }
        (None, _) => format!("http://{}/readyz", reachable(args.listen)).parse()?,
    };
    match client.text(&url, 64 * 1024).await {
        Ok(_) => Ok(Exit::Good),
        Err(error) => {
            print_error(format_args!("unhealthy: {error}"));
            let answered = matches!(error.failure, Failure::Status(..));
            Ok(if answered {
                Exit::Failed
            } else {
                Exit::Unreachable
            })
        }
    }
}

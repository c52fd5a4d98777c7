//! `healthcheck`: one request to a running service, for container images without a shell.

use std::time::Duration;

use reqwest::Url;

use crate::{
    client::{Client, ClientArgs, Failure},
    delay::parse_duration,
    exit::Exit,
    output::print_error,
};

/// Flags of `healthcheck`.
#[derive(Clone, Debug, clap::Args)]
pub struct HealthcheckArgs {
    /// URL to request; healthy if the status is 2xx
    #[arg(
        long,
        env = "HTTPSERVER_HEALTHCHECK_URL",
        value_name = "URL",
        default_value = "http://127.0.0.1:8080/readyz"
    )]
    url: Url,

    /// Timeout of the request
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = parse_duration)]
    timeout: Duration,
}

/// Sends the request; prints one line when unhealthy: exit code 1 for a status that is not 2xx, 3 for no response.
///
/// # Errors
/// When the client cannot be built.
pub async fn run(args: &HealthcheckArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&ClientArgs {
        timeout: args.timeout,
        ..ClientArgs::default()
    })?;
    match client.text(&args.url, 64 * 1024).await {
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

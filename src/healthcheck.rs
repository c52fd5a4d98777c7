//! `healthcheck`: one question to a running service, for images without a shell.

use std::time::Duration;

use reqwest::Url;

use crate::{
    client::{Client, ClientArgs, Failure},
    delay::parse_duration,
    exit::Exit,
};

/// Flags of `healthcheck`.
#[derive(Clone, Debug, clap::Args)]
pub struct HealthcheckArgs {
    /// What to ask; a 2xx answer is good
    #[arg(
        long,
        env = "HTTPSERVER_HEALTHCHECK_URL",
        value_name = "URL",
        default_value = "http://127.0.0.1:8080/readyz"
    )]
    url: Url,

    /// How long to wait for the answer
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = parse_duration)]
    timeout: Duration,
}

/// Asks, and says what is wrong in one line: exit code 1 for a bad answer, 3 for none.
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
            eprintln!("unhealthy: {error}");
            let answered = matches!(error.failure, Failure::Status(..));
            Ok(if answered {
                Exit::Failed
            } else {
                Exit::Unreachable
            })
        }
    }
}

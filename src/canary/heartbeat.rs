//! A dead man's switch: a URL that is requested after each round that passed. The metrics of the canary travel on the
//! pipeline that it doubts; this does not.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use reqwest::Url;

use crate::{
    client::{Client, ClientArgs, ClientError},
    output::without_secrets,
};

const TIMEOUT: Duration = Duration::from_secs(10);

/// Whom to call. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    client: Client,
    url: Url,
    is_failing: Arc<AtomicBool>,
}

impl Heartbeat {
    /// # Errors
    /// When the client cannot be created.
    pub fn new(url: Url) -> Result<Self, ClientError> {
        let client = Client::new(&ClientArgs {
            timeout: TIMEOUT,
            ..ClientArgs::default()
        })?;
        Ok(Self {
            client,
            url,
            is_failing: Arc::default(),
        })
    }

    /// Calls, and does not wait for the answer. Only a change is logged.
    pub fn beat(&self) {
        let own = self.clone();
        tokio::spawn(async move {
            let request = own.client.get(own.url.clone());
            let failure = match own.client.send(request).await {
                Ok(answer) if answer.status().is_success() => None,
                Ok(answer) => Some(format!("status {}", answer.status().as_u16())),
                Err(failure) => Some(failure.to_string()),
            };
            let was_failing = own.is_failing.swap(failure.is_some(), Relaxed);
            let url = without_secrets(own.url.as_str());
            match failure {
                Some(reason) if !was_failing => {
                    tracing::warn!(url, reason, "the heartbeat was not taken");
                }
                None if was_failing => tracing::info!(url, "the heartbeat is taken again"),
                _ => {}
            }
        });
    }
}

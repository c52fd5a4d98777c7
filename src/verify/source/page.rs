//! The metrics of one replica.

use reqwest::Url;

use super::{
    clock::{unix_millis, unix_millis_of},
    formats::MAX_BODY,
};
use crate::{
    client::{Client, ClientError, Destination, Failure, without_password},
    contract::Names,
    verify::model::{
        exposition::{self, ExpositionError},
        finding::Finding,
        page::PageSnapshot,
        refusal,
    },
};

/// The metrics of a replica, and the client that has the credentials for them.
#[derive(Clone)]
pub struct Page<'a> {
    pub client: &'a Client,
    pub url: Url,
}

/// Why a replica could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    #[error("{0}")]
    Client(#[from] ClientError),
    #[error("{url}: {error}")]
    Exposition { url: String, error: ExpositionError },
    #[error("{url}: {name} is missing")]
    Missing { url: String, name: String },
}

impl Page<'_> {
    /// Reads it once.
    pub async fn read(&self, names: &Names) -> Result<PageSnapshot, PageError> {
        let begun = unix_millis();
        let answer = self.client.success(&self.url, MAX_BODY).await?;
        let (text, date) = (answer.text(), answer.date());
        let url = || without_password(&self.url);
        let samples = exposition::parse(&text)
            .map_err(|error| PageError::Exposition { url: url(), error })?;
        let page = PageSnapshot::read(&samples, names)
            .map_err(|name| PageError::Missing { url: url(), name })?;
        Ok(PageSnapshot {
            begun,
            done: unix_millis(),
            date: date.map(unix_millis_of),
            ..page
        })
    }
}

impl PageError {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Client(error) => refusal::remedy(Destination::Metrics, &error.failure),
            _ => "is this /metrics of a replica?".to_owned(),
        }
    }

    /// That it did not answer, or with something else; `None` where nothing listens there any more: its process has ended.
    pub fn unread(&self) -> Option<String> {
        match self {
            Self::Client(error) if matches!(error.failure, Failure::Connect(_)) => None,
            _ => Some(format!("{self}; {}", self.remedy())),
        }
    }

    /// Whether there is no answer.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Client(error) if !matches!(error.failure, Failure::Status(..)))
    }
}

impl<T> From<PageError> for Finding<T> {
    fn from(error: PageError) -> Self {
        match &error {
            PageError::Client(inner) if matches!(inner.failure, Failure::Status(404, _)) => {
                Self::Skipped(format!(
                    "{error}; if the service has --metrics-listen, give that address with --metrics URL"
                ))
            }
            PageError::Client(inner) if refusal::is_denied(&inner.failure) => {
                Self::Skipped(format!("{error}; {}", error.remedy()))
            }
            _ => Self::Unreachable(format!("{error}; {}", error.remedy())),
        }
    }
}

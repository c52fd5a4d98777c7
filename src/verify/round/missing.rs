//! What may still come: a write that failed once does not stay failed.

use std::time::Duration;

use reqwest::Url;

use super::super::{
    args::VerifyArgs,
    ask,
    clients::Clients,
    model::{
        finding::Finding, promql::Selector, scrapes::Scrapes, settings::Settings,
        spans::WantedTrace,
    },
    source::{prometheus::Prometheus, traces::TraceSource},
};
use super::StageName;
use crate::{client::Client, contract::Names};

/// How many traces of a round are asked for at a time.
const MAX_LOOKS: usize = 100;

/// What a stage did not have at the deadline.
#[derive(Debug)]
pub struct Missing(Kind);

#[derive(Debug)]
enum Kind {
    Traces {
        client: Client,
        url: Url,
        /// Once it has answered.
        source: Option<Box<TraceSource>>,
        wanted: Vec<WantedTrace>,
    },
    Remote(Box<Behind>),
}

/// Samples that the store behind Prometheus did not have.
#[derive(Debug)]
struct Behind {
    args: VerifyArgs,
    names: Names,
    /// With the samples that it should have.
    scrapes: Scrapes,
    answers: u64,
}

impl Missing {
    pub(super) fn traces(client: Client, url: Url, wanted: Vec<WantedTrace>) -> Self {
        Self(Kind::Traces {
            client,
            url,
            source: None,
            wanted,
        })
    }

    pub(super) fn samples(
        args: &VerifyArgs,
        names: &Names,
        scrapes: &Scrapes,
        answers: u64,
    ) -> Self {
        let behind = Behind {
            args: args.clone(),
            names: names.clone(),
            scrapes: Scrapes {
                settings: Settings::default(), // as large as the configuration of Prometheus
                ..scrapes.clone()
            },
            answers,
        };
        Self(Kind::Remote(Box::new(behind)))
    }

    /// Asks again; returns how many answers are there by now, and are not missing any more.
    pub async fn find(&mut self) -> u64 {
        match &mut self.0 {
            Kind::Traces {
                client,
                url,
                source,
                wanted,
            } => {
                if source.is_none() {
                    let connected = TraceSource::connect(client.clone(), url.clone()).await;
                    *source = connected.ok().map(Box::new);
                }
                let Some(source) = source else { return 0 };
                let before = wanted.len();
                let mut still = Vec::new();
                let mut all = std::mem::take(wanted).into_iter();
                for one in all.by_ref().take(MAX_LOOKS) {
                    match source.has(&one).await {
                        Ok(true) => {}
                        Ok(false) => still.push(one),
                        Err(_) => {
                            still.push(one);
                            break; // it cannot be asked now
                        }
                    }
                }
                // The next time begins with those that were not asked for.
                *wanted = all.chain(still).collect();
                (before - wanted.len()) as u64
            }
            Kind::Remote(behind) => match behind.is_complete().await {
                Some(true) => std::mem::take(&mut behind.answers),
                _ => 0,
            },
        }
    }

    /// The stage that did not have it.
    #[must_use]
    pub fn stage(&self) -> StageName {
        match self.0 {
            Kind::Traces { .. } => StageName::Traces,
            Kind::Remote(_) => StageName::Remote,
        }
    }

    /// Whether nothing is missing any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        match &self.0 {
            Kind::Traces { wanted, .. } => wanted.is_empty(),
            Kind::Remote(behind) => behind.answers == 0,
        }
    }

    /// The traces among it.
    pub fn trace_ids(&self) -> impl Iterator<Item = u128> {
        let wanted = match &self.0 {
            Kind::Traces { wanted, .. } => &wanted[..],
            Kind::Remote(_) => &[],
        };
        wanted.iter().map(|it| it.id)
    }
}

impl Behind {
    /// Whether every sample is there by now; `None` where the stores cannot be asked.
    async fn is_complete(&self) -> Option<bool> {
        let clients = Clients::new(&self.args).ok()?;
        let url = self.args.prometheus.clone()?;
        let writer = Prometheus::new(clients.prometheus.clone(), url);
        let writer = Finding::Found((writer, None));
        let every = Selector::default();
        let behind = (&self.names, &every);
        let remote = ask::remote(&self.args, &clients, &writer, behind, true).await;
        let Some(Finding::Found(remote)) = remote.ok()? else {
            return None;
        };
        let copy = remote.copy(&self.scrapes, Some(Duration::ZERO)).await;
        Some(copy.ok()?.is_complete())
    }
}

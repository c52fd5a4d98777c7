//! Samples that the store behind Prometheus did not have, or could not be asked for.

use std::time::Duration;

use super::{
    super::super::{
        args::VerifyArgs,
        ask,
        clients::Clients,
        model::{finding::Finding, promql::Selector, scrapes::Scrapes, settings::Settings},
        source::prometheus::Prometheus,
    },
    looked::Looked,
};
use crate::contract::Names;

/// The samples of one round.
#[derive(Debug)]
pub struct Samples {
    args: VerifyArgs,
    names: Names,
    /// With the samples that it should have.
    scrapes: Scrapes,
    answers: u64,
    /// Whether the answers are not expected yet.
    is_unasked: bool,
}

impl Samples {
    pub fn new(
        args: &VerifyArgs,
        names: &Names,
        scrapes: &Scrapes,
        answers: u64,
        is_unasked: bool,
    ) -> Self {
        Self {
            args: args.clone(),
            names: names.clone(),
            scrapes: Scrapes {
                settings: Settings::default(), // as large as the configuration of Prometheus
                ..scrapes.clone()
            },
            answers,
            is_unasked,
        }
    }

    pub fn is_over(&self) -> bool {
        self.answers == 0
    }

    /// Asks for all of them; `None` where the store does not answer.
    pub async fn find(&mut self) -> Option<Looked> {
        let is_complete = self.are_complete().await?;
        let mut looked = Looked::default();
        if std::mem::take(&mut self.is_unasked) {
            looked.expected = self.answers;
        }
        if is_complete {
            looked.found = std::mem::take(&mut self.answers);
        }
        Some(looked)
    }

    /// Whether every sample is there by now; `None` where the stores cannot be asked.
    async fn are_complete(&self) -> Option<bool> {
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

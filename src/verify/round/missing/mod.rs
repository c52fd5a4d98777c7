//! What may still come: a write that failed once does not stay failed, and a store that could not be asked may have it.

mod looked;
mod samples;
mod traces;

pub use looked::Looked;

use reqwest::Url;

use super::{
    super::{
        args::VerifyArgs,
        model::{scrapes::Scrapes, spans::WantedTrace},
    },
    StageName,
};
use crate::{client::Client, contract::Names};
use samples::Samples;
use traces::LateTraces;

/// What a stage did not have at the deadline, or could not be asked for.
#[derive(Debug)]
pub struct Missing(Kind);

#[derive(Debug)]
enum Kind {
    Traces(Box<LateTraces>),
    Remote(Box<Samples>),
}

impl Missing {
    /// Traces that the store did not have.
    pub(super) fn traces(client: Client, url: Url, wanted: Vec<WantedTrace>) -> Self {
        let traces = LateTraces::new(client, url).with_missing(wanted);
        Self(Kind::Traces(Box::new(traces)))
    }

    /// Traces that the store could not be asked for. They are expected once it answers, if it still has this one, which it
    /// had before.
    pub(super) fn unasked_traces(
        client: Client,
        url: Url,
        wanted: Vec<WantedTrace>,
        known: u128,
    ) -> Self {
        let traces = LateTraces::new(client, url).with_unasked(wanted, known);
        Self(Kind::Traces(Box::new(traces)))
    }

    /// Samples of so many answers. `is_unasked`: the store could not be asked for them; they are expected once it answers.
    pub(super) fn samples(
        args: &VerifyArgs,
        names: &Names,
        scrapes: &Scrapes,
        (answers, is_unasked): (u64, bool),
    ) -> Self {
        let samples = Samples::new(args, names, scrapes, answers, is_unasked);
        Self(Kind::Remote(Box::new(samples)))
    }

    /// Asks again; `None` where the store cannot be asked.
    pub async fn find(&mut self) -> Option<Looked> {
        match &mut self.0 {
            Kind::Traces(traces) => traces.find().await,
            Kind::Remote(samples) => samples.find().await,
        }
    }

    /// The stage that did not have it.
    #[must_use]
    pub fn stage(&self) -> StageName {
        match self.0 {
            Kind::Traces(_) => StageName::Traces,
            Kind::Remote(_) => StageName::Remote,
        }
    }

    /// Whether nothing is missing any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        match &self.0 {
            Kind::Traces(traces) => traces.is_over(),
            Kind::Remote(samples) => samples.is_over(),
        }
    }

    /// The traces among it that the store did not have.
    pub fn trace_ids(&self) -> impl Iterator<Item = u128> {
        let missing = match &self.0 {
            Kind::Traces(traces) => Some(traces.missing_ids()),
            Kind::Remote(_) => None,
        };
        missing.into_iter().flatten()
    }
}

//! What may still come: a write that failed once does not stay failed, and a store that could not be asked may have it.

mod samples;
mod traces;

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

/// What asking again has shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// Answers that are expected from now on: the stage could not be asked in the round.
    pub expected: u64,
    /// Answers that are there by now, and are not missing any more.
    pub found: u64,
}

/// What a stage did not have at the deadline.
#[derive(Debug)]
pub struct Missing(Kind);

#[derive(Debug)]
enum Kind {
    Traces(Box<LateTraces>),
    Remote(Box<Samples>),
}

impl Missing {
    /// `known` is a trace that the store had before, where it could not be asked for the wanted ones: they are expected once
    /// it answers, if it has not lost that one meanwhile.
    pub(super) fn traces(
        client: Client,
        url: Url,
        wanted: Vec<WantedTrace>,
        known: Option<u128>,
    ) -> Self {
        Self(Kind::Traces(Box::new(LateTraces::new(
            client, url, wanted, known,
        ))))
    }

    /// `is_unasked` where the store could not be asked for the samples of so many answers: they are expected once it answers.
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
            Kind::Traces(traces) => traces.missing(),
            Kind::Remote(_) => &[],
        };
        missing.iter().map(|it| it.id)
    }
}

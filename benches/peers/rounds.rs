//! CPU time per request: all servers run, and each is loaded in turn, for several rounds.

use crate::{
    collector::Collector,
    load::{self, Pace},
    recipe::{Recipe, Tracing},
    server::Server,
    stats::median,
};
use std::time::Duration;

/// The configurations of our own server.
pub const METRICS: &str = "httpserver, metrics only";
pub const SAMPLED: &str = "httpserver, 1 % sampled";
pub const TRACED: &str = "httpserver, all traced";

const HOW_LONG: Duration = Duration::from_millis(1500);
/// 64 requests at a time, 6,400 a second.
const PACED: Pace = Pace::Every(Duration::from_millis(10));
/// The server span and the delay.
const SPANS_PER_REQUEST: u32 = 2;

/// One server, running through all rounds, and its costs.
pub struct Contender {
    pub name: &'static str,
    path: String,
    server: Server,
    collector: Option<Collector>,
    answered: u32,
    received: u32,
    /// Seconds of CPU per request, one value per round.
    closed: Vec<f64>,
    paced: Vec<f64>,
}

/// Starts every server that this machine can run, the baseline first, and measures them.
pub async fn run(rounds: usize) -> anyhow::Result<Vec<Contender>> {
    let mut contenders = start()?;
    for contender in &mut contenders {
        contender.warm_up().await?;
    }
    let count = contenders.len();
    for round in 0..rounds {
        for turn in 0..count {
            contenders[(round + turn) % count].measure().await?;
        }
    }
    Ok(contenders)
}

fn start() -> anyhow::Result<Vec<Contender>> {
    let mut contenders = vec![Contender::start(&Recipe::bare(0)?, None)?];
    for recipe in [Recipe::seed(0)?, Recipe::podinfo(0)?].iter().flatten() {
        contenders.push(Contender::start(recipe, None)?);
    }
    contenders.push(Contender::start(
        &Recipe::ours(METRICS, 0, Tracing::Off, None),
        None,
    )?);
    for (name, share) in [(SAMPLED, "0.01"), (TRACED, "1")] {
        if let Some(collector) = Collector::start()? {
            let recipe = Recipe::ours(name, 0, Tracing::Share(share), Some(&collector));
            contenders.push(Contender::start(&recipe, Some(collector))?);
        }
    }
    Ok(contenders)
}

// === impl Contender ===

impl Contender {
    fn start(recipe: &Recipe, collector: Option<Collector>) -> anyhow::Result<Self> {
        Ok(Self {
            name: recipe.name,
            path: recipe.path.clone(),
            server: Server::start(recipe)?,
            collector,
            answered: 0,
            received: 0,
            closed: Vec::new(),
            paced: Vec::new(),
        })
    }

    async fn warm_up(&mut self) -> anyhow::Result<()> {
        self.cost(PACED).await.map(drop)
    }

    async fn measure(&mut self) -> anyhow::Result<()> {
        // A closed loop creates more spans than the export queue holds, so their delivery could not be checked.
        if self.name != TRACED {
            let cost = self.cost(Pace::Closed).await?;
            self.closed.push(cost);
        }
        let cost = self.cost(PACED).await?;
        self.paced.push(cost);
        Ok(())
    }

    /// Seconds of CPU per request, including the delivery of its spans.
    async fn cost(&mut self, pace: Pace) -> anyhow::Result<f64> {
        let before = self.server.cpu()?;
        let answered = load::run(self.server.address, &self.path, pace, HOW_LONG).await?;
        self.answered += answered;
        if let (TRACED, Some(collector)) = (self.name, &self.collector) {
            self.received = collector.received(self.answered * SPANS_PER_REQUEST)?;
        }
        let spent = self.server.cpu()?.saturating_sub(before);
        Ok(spent.as_secs_f64() / f64::from(answered))
    }

    /// Median seconds of CPU per request: closed loop, and paced.
    pub fn costs(&self) -> [f64; 2] {
        [&self.closed, &self.paced].map(|costs| median(costs.iter().copied()))
    }

    /// Median ratios to the same round of `other`: closed loop, and paced.
    pub fn ratios(&self, other: &Self) -> [f64; 2] {
        let ratio = |(ours, theirs): (&f64, &f64)| ours / theirs;
        [
            median(self.closed.iter().zip(&other.closed).map(ratio)),
            median(self.paced.iter().zip(&other.paced).map(ratio)),
        ]
    }

    /// Peak memory in bytes.
    pub fn peak(&self) -> anyhow::Result<f64> {
        self.server.memory("VmHWM")
    }

    /// Spans sent and received; `None` unless every request is sampled.
    pub fn delivery(&self) -> Option<(u32, u32)> {
        (self.name == TRACED).then_some((self.answered * SPANS_PER_REQUEST, self.received))
    }
}

//! CPU time per request: all servers run, and each is loaded in turn, for several rounds.

use crate::{
    collector::Collector,
    load::{self, CONNECTIONS, Pace},
    recipe::Recipe,
    rust,
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
/// The server span and its child `delay`.
const SPANS_PER_REQUEST: u32 = 2;

/// One server, running through all rounds, and its costs.
pub struct Contender {
    pub name: String,
    path: String,
    server: Server,
    collector: Option<Collector>,
    /// Whether it exports the spans of every request.
    is_all_traced: bool,
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
    rust::build()?;
    let [baseline, others @ ..] = &rust::PEERS;
    let mut contenders = vec![Contender::start(&Recipe::rust(baseline, 0))?];
    for recipe in [Recipe::seed(0)?, Recipe::podinfo(0)?].iter().flatten() {
        contenders.push(Contender::start(recipe)?);
    }
    for peer in others {
        if peer.runs_untraced() {
            contenders.push(Contender::start(&Recipe::rust(peer, 0))?);
        }
        let shares = [("1 % sampled", "0.01"), ("all traced", "1")];
        for (name, share) in shares.iter().filter(|_| peer.has_traces) {
            let mut recipe = Recipe::rust(peer, 0);
            recipe.name = format!("{}, {name}", peer.name);
            contenders.extend(Contender::sampled(recipe, share)?);
        }
    }
    contenders.push(Contender::start(&Recipe::ours(METRICS, 0))?);
    contenders.extend(Contender::sampled(Recipe::ours(SAMPLED, 0), "0.01")?);
    contenders.extend(Contender::sampled(Recipe::ours(TRACED, 0), "1")?);
    Ok(contenders)
}

// === impl Contender ===

impl Contender {
    fn start(recipe: &Recipe) -> anyhow::Result<Self> {
        Ok(Self {
            name: recipe.name.clone(),
            path: recipe.path.clone(),
            server: Server::start(recipe)?,
            collector: None,
            is_all_traced: false,
            answered: 0,
            received: 0,
            closed: Vec::new(),
            paced: Vec::new(),
        })
    }

    /// `None` without a collector.
    fn sampled(recipe: Recipe, share: &str) -> anyhow::Result<Option<Self>> {
        let Some(collector) = Collector::start()? else {
            return Ok(None);
        };
        let recipe = recipe.sampled(share, &collector);
        Ok(Some(Self {
            collector: Some(collector),
            is_all_traced: share == "1",
            ..Self::start(&recipe)?
        }))
    }

    async fn warm_up(&mut self) -> anyhow::Result<()> {
        self.cost(PACED).await.map(drop)
    }

    async fn measure(&mut self) -> anyhow::Result<()> {
        // A closed loop creates more spans than the export queue holds, so their delivery could not be checked.
        if !self.is_all_traced {
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
        let connections = load::open(self.server.address, &self.path, CONNECTIONS).await?;
        let (answered, _open) = load::run(connections, pace, HOW_LONG).await?;
        self.answered += answered;
        if let (true, Some(collector)) = (self.is_all_traced, &self.collector) {
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
        self.is_all_traced
            .then_some((self.answered * SPANS_PER_REQUEST, self.received))
    }
}

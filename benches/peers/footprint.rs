//! The footprint of a server: memory per delayed request, idle memory, binary size and start-up time.

use crate::{collector::Collector, load, recipe::Recipe, rust, server::Server, stats::median};
use std::{fs, time::Duration};
use tokio::time::sleep;

/// Requests in flight at once.
const IN_FLIGHT: u32 = 10_000;
/// Delay of each request, in seconds: long enough to open all and read the memory.
const DELAY: u32 = 20;
const SETTLE: Duration = Duration::from_secs(4);
const STARTS: usize = 9;

/// Memory of one server.
pub struct Held {
    pub name: String,
    /// Bytes.
    pub idle: f64,
    /// Bytes per request.
    pub per_request: f64,
}

pub const UNSAMPLED: &str = "httpserver, not sampled";
pub const SAMPLED: &str = "httpserver, sampled";

/// Measures 10,000 requests in flight in each server in turn.
pub async fn held() -> anyhow::Result<Vec<Held>> {
    rust::build()?;
    let [baseline, ..] = &rust::PEERS;
    let mut all = vec![hold(&Recipe::rust(baseline, DELAY)).await?];
    for recipe in [Recipe::seed(DELAY)?, Recipe::podinfo(DELAY)?]
        .iter()
        .flatten()
    {
        all.push(hold(recipe).await?);
    }
    for (name, share) in [(UNSAMPLED, "0"), (SAMPLED, "1")] {
        let recipe = Recipe::ours(name, DELAY);
        match Collector::start()? {
            Some(collector) => all.push(hold(&recipe.sampled(share, &collector)).await?),
            None if name == UNSAMPLED => all.push(hold(&recipe).await?),
            None => {}
        }
    }
    Ok(all)
}

async fn hold(recipe: &Recipe) -> anyhow::Result<Held> {
    let server = Server::start(recipe)?;
    sleep(SETTLE).await;
    let idle = server.memory("VmRSS")?;
    let held = load::hold(server.address, &recipe.path, IN_FLIGHT, SETTLE).await?;
    let busy = server.memory("VmRSS")?;
    drop(held);
    Ok(Held {
        name: recipe.name.clone(),
        idle,
        per_request: (busy - idle) / f64::from(IN_FLIGHT),
    })
}

/// Our own server, idle and without tracing.
pub struct Alone {
    /// Median seconds from start to first response.
    pub start: f64,
    /// Bytes resident.
    pub idle: f64,
    /// Size of the binary in bytes.
    pub size: f64,
}

#[expect(clippy::cast_precision_loss, reason = "binaries are below 2^53 bytes")]
pub async fn alone() -> anyhow::Result<Alone> {
    let recipe = Recipe::ours("httpserver", 0);
    let starts: Vec<_> = (0..STARTS)
        .map(|_| Ok(Server::start(&recipe)?.started_in.as_secs_f64()))
        .collect::<anyhow::Result<_>>()?;
    let server = Server::start(&recipe)?;
    sleep(SETTLE).await;
    Ok(Alone {
        start: median(starts),
        idle: server.memory("VmRSS")?,
        size: fs::metadata(&recipe.program)?.len() as f64,
    })
}

//! The contenders: 10,000 sleepers each, started at once, and how late each wakes.

use crate::cpu;
use anyhow::Context;
use futures_util::FutureExt;
use httpserver::clock::Clock;
use std::{
    path::Path,
    process::{self, Command},
    time::{Duration, Instant},
};
use tokio::{runtime, task::JoinSet};

/// How many sleep at once.
const COUNT: u32 = 10_000;
/// The longest sleep.
const SPREAD: Duration = Duration::from_secs(2);

/// The result of one run.
pub struct Outcome {
    /// Measured minus requested sleep, in seconds, sorted.
    pub late: Vec<f64>,
    /// User and system time of the whole process.
    pub cpu: Duration,
}

pub fn tokio() -> anyhow::Result<Outcome> {
    on_tokio(tokio::time::sleep)
}

pub fn ours() -> anyhow::Result<Outcome> {
    let clock = Clock::start()?;
    on_tokio(move |wanted| clock.sleep(wanted).map(drop))
}

/// Runs the Go program at `peer`, which does the same.
pub fn go(peer: &Path) -> anyhow::Result<Outcome> {
    let spread = format!("{}ns", SPREAD.as_nanos());
    let output = Command::new(peer)
        .args([COUNT.to_string(), spread])
        .output()?;
    let printed = String::from_utf8(output.stdout)?;
    let mut numbers = printed.lines().map(str::parse::<f64>);
    let cpu = numbers.next().context("the Go peer printed nothing")??;
    let late = numbers
        .map(|late| Ok(late? * 1e-9))
        .collect::<anyhow::Result<_>>()?;
    Ok(Outcome::new(late, Duration::from_secs_f64(cpu * 1e-9)))
}

fn on_tokio<S>(sleep: impl Fn(Duration) -> S + Clone + Send + 'static) -> anyhow::Result<Outcome>
where
    S: Future<Output = ()> + Send,
{
    let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
    let before = cpu::of_threads(process::id(), |_| true)?;
    let late = runtime.block_on(async {
        let mut sleepers = JoinSet::new();
        for n in 0..COUNT {
            let sleep = sleep.clone();
            sleepers.spawn(async move {
                let wanted = SPREAD.mul_f64(share(n));
                let start = Instant::now();
                sleep(wanted).await;
                start.elapsed().as_secs_f64() - wanted.as_secs_f64()
            });
        }
        sleepers.join_all().await
    });
    let cpu = cpu::of_threads(process::id(), |_| true)?.saturating_sub(before);
    Ok(Outcome::new(late, cpu))
}

/// Evenly spread over 0 to 1: fractional parts of multiples of the golden ratio. As in `benches/peers/sleep`.
fn share(n: u32) -> f64 {
    (f64::from(n) * (5.0_f64.sqrt() - 1.0) / 2.0).fract()
}

impl Outcome {
    fn new(mut late: Vec<f64>, cpu: Duration) -> Self {
        late.sort_by(f64::total_cmp);
        Self { late, cpu }
    }
}

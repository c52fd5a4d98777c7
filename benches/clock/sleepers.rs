//! The contenders: 10,000 sleepers each, started at once, and how late each wakes.

use crate::cpu;
use anyhow::{Context, ensure};
use futures_util::FutureExt;
use httpserver::clock::Clock;
use std::{
    path::Path,
    process::{self, Command},
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    runtime::{self, Runtime},
    sync::Notify,
};

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

/// Where each sleeper records how late it was. Only the last one wakes the thread that waits for them all.
struct Slots {
    late: Vec<AtomicU64>,
    empty: AtomicU32,
    filled: Notify,
}

pub fn tokio() -> anyhow::Result<Outcome> {
    on_tokio(&runtime()?, tokio::time::sleep)
}

/// The clock that the runtime itself wakes.
pub fn timerfd() -> anyhow::Result<Outcome> {
    let runtime = runtime()?;
    let clock = runtime.block_on(async { Clock::start() })?;
    on_clock(&runtime, &clock, "timerfd")
}

/// The clock that a thread wakes.
pub fn thread() -> anyhow::Result<Outcome> {
    on_clock(&runtime()?, &Clock::start_thread()?, "thread")
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

fn on_clock(runtime: &Runtime, clock: &Clock, timer: &str) -> anyhow::Result<Outcome> {
    ensure!(clock.timer() == timer, "no {timer} on this system");
    let clock = clock.clone();
    on_tokio(runtime, move |wanted| clock.sleep(wanted).map(drop))
}

fn on_tokio<S>(
    runtime: &Runtime,
    sleep: impl Fn(Duration) -> S + Clone + Send + 'static,
) -> anyhow::Result<Outcome>
where
    S: Future<Output = ()> + Send,
{
    let slots = Arc::new(Slots::new());
    let before = cpu::of_threads(process::id(), |_| true)?;
    runtime.block_on(async {
        for n in 0..COUNT {
            let (sleep, slots) = (sleep.clone(), Arc::clone(&slots));
            tokio::spawn(async move {
                let wanted = SPREAD.mul_f64(share(n));
                let start = Instant::now();
                sleep(wanted).await;
                slots.fill(n, start.elapsed().as_secs_f64() - wanted.as_secs_f64());
            });
        }
        slots.filled.notified().await;
    });
    let cpu = cpu::of_threads(process::id(), |_| true)?.saturating_sub(before);
    let late = slots.late.iter();
    let late = late.map(|bits| f64::from_bits(bits.load(Ordering::Relaxed)));
    Ok(Outcome::new(late.collect(), cpu))
}

fn runtime() -> std::io::Result<Runtime> {
    runtime::Builder::new_multi_thread().enable_all().build()
}

/// Evenly spread over 0 to 1: fractional parts of multiples of the golden ratio. As in `benches/peers/sleep`.
fn share(n: u32) -> f64 {
    (f64::from(n) * (5.0_f64.sqrt() - 1.0) / 2.0).fract()
}

impl Slots {
    fn new() -> Self {
        Self {
            late: (0..COUNT).map(|_| AtomicU64::default()).collect(),
            empty: AtomicU32::new(COUNT),
            filled: Notify::new(),
        }
    }

    fn fill(&self, n: u32, late: f64) {
        self.late[n as usize].store(late.to_bits(), Ordering::Relaxed);
        if self.empty.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.filled.notify_one();
        }
    }
}

impl Outcome {
    fn new(mut late: Vec<f64>, cpu: Duration) -> Self {
        late.sort_by(f64::total_cmp);
        Self { late, cpu }
    }
}

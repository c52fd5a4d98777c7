//! How late sleepers wake with tokio, both of this crate's clocks and Go, in turn, for several rounds.
//!
//! `cargo bench --bench clock -- ROUNDS`; default: 7 rounds. Linux only.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "../common/cpu.rs"]
mod cpu;
#[path = "../common/go.rs"]
mod go;
mod sleepers;
#[path = "../common/stats.rs"]
mod stats;

use httpserver::clock::Clock;
use sleepers::Outcome;
use stats::{median, quantile};
use std::{env, pin::pin, process, thread, time::Duration};

type Run = Box<dyn Fn() -> anyhow::Result<Outcome>>;

/// One contender and its results.
struct Contender {
    name: &'static str,
    run: Run,
    rounds: Vec<Outcome>,
}

fn main() -> anyhow::Result<()> {
    let rounds = env::args()
        .find_map(|given| given.parse().ok())
        .unwrap_or(7);
    let mut contenders = vec![
        Contender::new("tokio::time::sleep", sleepers::tokio),
        Contender::new("Clock, thread", sleepers::thread),
        Contender::new("Clock, timerfd", sleepers::timerfd),
    ];
    if let Some(peer) = go::build("sleep")? {
        contenders.push(Contender::new("Go time.Sleep", move || sleepers::go(&peer)));
    }
    println!("lateness of 10,000 sleepers of 0-2 s, median of {rounds} rounds");
    for round in 0..rounds {
        let count = contenders.len();
        for turn in 0..count {
            contenders[(round + turn) % count].run()?;
        }
    }
    print_table(&contenders);
    let runtime = tokio::runtime::Runtime::new()?;
    let inside = runtime.block_on(async { Clock::start() })?;
    for clock in [Clock::start_thread()?, inside] {
        let (timer, share) = (clock.timer(), idle(&clock)? * 100.0);
        println!("{timer} with 10,000 waiting: {share:.3} % of a core");
    }
    Ok(())
}

fn print_table(contenders: &[Contender]) {
    println!(
        "{:20} {:>9} {:>9} {:>9} {:>9}",
        "", "p50", "p99", "max", "CPU"
    );
    for contender in contenders {
        let [p50, p99, max] = [0.5, 0.99, 1.0].map(|q| contender.late(q) * 1e3);
        let (name, cpu) = (contender.name, contender.cpu() * 1e3);
        println!("{name:20} {p50:6.3} ms {p99:6.3} ms {max:6.2} ms {cpu:6.0} ms");
    }
    let [_, thread, ours, go @ ..] = contenders else {
        return;
    };
    let judge = |name: &str, measured: f64, target: f64| {
        let verdict = if measured <= target { "met" } else { "missed" };
        println!("{name}: {measured:.3} (target <= {target:.3}: {verdict})");
    };
    println!();
    judge("timerfd / thread, CPU", ours.cpu() / thread.cpu(), 0.7);
    judge(
        "timerfd / thread, p99",
        ours.late(0.99) / thread.late(0.99),
        1.0,
    );
    judge("timerfd, p50 in ms", ours.late(0.5) * 1e3, 0.04);
    if let [go] = go {
        for (q, name, target) in [(0.5, "p50", 1.0 / 8.0), (0.99, "p99", 1.0 / 3.0)] {
            judge(
                &format!("timerfd / Go, {name}"),
                ours.late(q) / go.late(q),
                target,
            );
            let quiet = ours.quietest(q) / go.quietest(q);
            println!("  in the quietest round of each: {quiet:.3}");
        }
    }
}

/// The share of a core that this process uses while 10,000 sleepers wait.
fn idle(clock: &Clock) -> anyhow::Result<f64> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let mut waiting: Vec<_> = (0..10_000)
        .map(|_| clock.sleep(Duration::from_hours(1)))
        .collect();
    for sleep in &mut waiting {
        assert!(pin!(sleep).poll(&mut context).is_pending());
    }
    let of_process = || cpu::of_threads(process::id(), |_| true);
    let (before, window) = (of_process()?, Duration::from_secs(3));
    thread::sleep(window);
    let spent = of_process()?.saturating_sub(before);
    Ok(spent.div_duration_f64(window))
}

// === impl Contender ===

impl Contender {
    fn new(name: &'static str, run: impl Fn() -> anyhow::Result<Outcome> + 'static) -> Self {
        Self {
            name,
            run: Box::new(run),
            rounds: Vec::new(),
        }
    }

    fn run(&mut self) -> anyhow::Result<()> {
        self.rounds.push((self.run)()?);
        Ok(())
    }

    /// The median over the rounds of their lateness at `q`, in seconds.
    fn late(&self, q: f64) -> f64 {
        median(self.rounds.iter().map(|round| quantile(&round.late, q)))
    }

    /// The minimum over the rounds: other work on the machine only adds lateness.
    fn quietest(&self, q: f64) -> f64 {
        let rounds = self.rounds.iter().map(|round| quantile(&round.late, q));
        rounds.fold(f64::INFINITY, f64::min)
    }

    fn cpu(&self) -> f64 {
        median(self.rounds.iter().map(|round| round.cpu.as_secs_f64()))
    }
}

//! What handlers need, in one place: the declared truth, the instruments, the clock, and whether the service is ready.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::{ServeArgs, args::AnswerArgs};
use crate::{
    clock::Clock,
    contract::Names,
    delay::Delay,
    instruments::{DeclaredDelay, DelayInstruments, Instruments},
    telemetry::{Metrics, Telemetry, Tracing},
    truth::Truth,
};

/// What is declared: the truth that everything downstream can be held to.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The delay, capped by `--max-delay`.
    pub delay: Delay,
    /// The seed of every draw.
    pub seed: u64,
    /// What follows from both.
    pub truth: Truth,
}

/// The state of one service.
#[derive(Debug)]
pub struct App {
    pub(super) declared: Declared,
    pub(super) answers: AnswerArgs,
    pub(super) max_delay: std::time::Duration,
    pub(super) names: Names,
    pub(super) instruments: Instruments,
    pub(super) delay_instruments: DelayInstruments,
    pub(super) metrics: Metrics,
    pub(super) tracing: Arc<Tracing>,
    pub(super) clock: Clock,
    pub(super) instance_id: String,
    pub(super) access_log: bool,
    ready: AtomicBool,
}

impl App {
    /// Puts a service together; draws a seed where none was given.
    #[must_use]
    pub fn new(args: &ServeArgs, telemetry: &Telemetry, clock: Clock) -> Self {
        let delay = Delay::from(&args.delay);
        let seed = args.delay.seed.unwrap_or_else(rand::random);
        let truth = Truth::of(&delay, Some(seed), &args.metrics.buckets);
        let quantiles: Vec<_> = truth
            .quantiles
            .iter()
            .map(|known| (known.q, delay.quantile(known.q)))
            .collect();
        let declared = DeclaredDelay {
            delay: &truth.delay,
            seed,
            quantiles: &quantiles,
        };
        let meter = telemetry.metrics.meter();
        Self {
            instruments: Instruments::new(&meter, &args.metrics),
            delay_instruments: DelayInstruments::new(&meter, &args.metrics.names(), &declared),
            declared: Declared { delay, seed, truth },
            answers: args.answers.clone(),
            max_delay: args.delay.max_delay,
            names: args.metrics.names(),
            metrics: telemetry.metrics.clone(),
            tracing: Arc::clone(&telemetry.tracing),
            clock,
            instance_id: telemetry.instance_id.clone(),
            access_log: args.logs.access_log,
            ready: AtomicBool::new(false),
        }
    }

    /// What this service declares.
    #[must_use]
    pub fn declared(&self) -> &Declared {
        &self.declared
    }

    pub(super) fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Release);
    }

    pub(super) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }
}

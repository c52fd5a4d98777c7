//! The state of the service: what it declares, its instruments, its clock, and whether it is ready.

use std::sync::Arc;

use axum::extract::FromRef;
use tokio::sync::Semaphore;

use super::{
    args::ServeArgs,
    plan::{Declared, Planner},
};
use crate::{
    buckets::Buckets,
    clock::Clock,
    contract::{Links, Names},
    instruments::{DeclaredDelay, DelayInstruments, Instruments},
    shutdown::Readiness,
    telemetry::{Metrics, Telemetry, Tracing},
};

/// The state of one service.
#[derive(Debug)]
pub struct App {
    pub(super) planner: Planner,
    pub(super) names: Names,
    pub(super) buckets: Buckets,
    pub(super) links: Links,
    pub(super) instruments: Instruments,
    pub(super) delay_instruments: DelayInstruments,
    pub(super) metrics: Metrics,
    pub(super) tracing: Arc<Tracing>,
    pub(super) clock: Clock,
    pub(super) instance_id: String,
    pub(super) readiness: Readiness,
    /// For the truth of another delay: one computation at a time, because a complex delay takes seconds.
    pub(super) truth_permit: Arc<Semaphore>,
}

impl App {
    /// Puts a service together; draws a seed where none was given.
    #[must_use]
    pub fn new(args: &ServeArgs, telemetry: &Telemetry, clock: Clock) -> Self {
        let planner = Planner::new(args);
        let Declared { delay, seed, truth } = &planner.declared;
        let quantiles: Vec<_> = truth
            .quantiles
            .iter()
            .map(|known| (known.q, delay.quantile(known.q)))
            .collect();
        let declared = DeclaredDelay {
            delay: &truth.delay,
            seed: *seed,
            quantiles: &quantiles,
        };
        let (recorder, names) = (telemetry.metrics.recorder(), args.metrics.names());
        Self {
            instruments: Instruments::new(&recorder, &args.metrics),
            delay_instruments: DelayInstruments::new(&recorder.meter, &names, &declared),
            planner,
            names,
            buckets: args.metrics.buckets.clone(),
            links: Links::from(&args.links),
            metrics: telemetry.metrics.clone(),
            tracing: Arc::clone(&telemetry.tracing),
            clock,
            instance_id: telemetry.instance_id.clone(),
            readiness: Readiness::default(),
            truth_permit: Arc::new(Semaphore::new(1)),
        }
    }

    /// What this service declares.
    #[must_use]
    pub fn declared(&self) -> &Declared {
        &self.planner.declared
    }
}

impl FromRef<Arc<App>> for Metrics {
    fn from_ref(app: &Arc<App>) -> Self {
        app.metrics.clone()
    }
}

impl FromRef<Arc<App>> for Readiness {
    fn from_ref(app: &Arc<App>) -> Self {
        app.readiness.clone()
    }
}

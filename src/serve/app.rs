//! The state of the service: what it declares, its instruments, its clock, and whether it is ready.

use std::sync::Arc;

use axum::extract::FromRef;
use tokio::{sync::Semaphore, task::spawn_blocking};

use super::{
    args::ServeArgs,
    last_scrape::Scrapers,
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
    pub(super) scrapers: Arc<Scrapers>,
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
        let instruments = Instruments::new(&recorder, &args.metrics);
        Self {
            scrapers: Scrapers::new(args.scrape_grace, &instruments.http),
            instruments,
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

    /// Waits for the last scrape, and delivers spans meanwhile.
    pub(super) async fn scraped(&self) {
        let tracing = Arc::clone(&self.tracing);
        // Not waited for: what it has not delivered in time is delivered at the end.
        drop(spawn_blocking(move || tracing.flush()));
        self.scrapers.read_the_last().await;
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

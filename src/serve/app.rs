//! The state of the service: what it declares, its instruments, its clock, and whether it is ready.

use std::{sync::Arc, time::Duration};

use axum::extract::FromRef;
use http::{Method, Uri};
use opentelemetry::KeyValue;

use super::{
    ServeArgs,
    plan::{Declared, Plan, Planner},
    routes,
};
use crate::{
    clock::Clock,
    contract::{
        Names, TraceContext,
        names::attribute::{DRAWN_NS, TOTAL_NS},
    },
    instruments::{DeclaredDelay, DelayInstruments, Instruments},
    observe::{Policy, Route},
    shutdown::Readiness,
    telemetry::{Metrics, Telemetry, Tracing},
};

/// The state of one service.
#[derive(Debug)]
pub struct App {
    pub(super) planner: Planner,
    pub(super) names: Names,
    pub(super) instruments: Instruments,
    pub(super) delay_instruments: DelayInstruments,
    pub(super) metrics: Metrics,
    pub(super) tracing: Arc<Tracing>,
    pub(super) clock: Clock,
    pub(super) instance_id: String,
    pub(super) readiness: Readiness,
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
        let (meter, names) = (telemetry.metrics.meter(), args.metrics.names());
        Self {
            instruments: Instruments::new(&meter, &args.metrics),
            delay_instruments: DelayInstruments::new(&meter, &names, &declared),
            planner,
            names,
            metrics: telemetry.metrics.clone(),
            tracing: Arc::clone(&telemetry.tracing),
            clock,
            instance_id: telemetry.instance_id.clone(),
            readiness: Readiness::default(),
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

/// A duration as a span attribute, in nanoseconds.
pub fn nanoseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

impl Policy for App {
    type Plan = Plan;

    fn route(&self, method: &Method, path: &str) -> Route {
        routes::find(method, path)
    }

    fn plan(&self, uri: &Uri, context: TraceContext) -> Plan {
        let plan = self.planner.plan(uri.query(), context);
        if plan.is_override {
            self.delay_instruments.count_override();
        }
        plan
    }

    fn delay(plan: &Plan) -> Option<Duration> {
        plan.delay()
    }

    fn attributes(plan: Option<&Plan>, total: Duration) -> Vec<KeyValue> {
        let total = KeyValue::new(TOTAL_NS, nanoseconds(total));
        let drawn = plan.and_then(Plan::delay);
        let drawn = drawn.map(|drawn| KeyValue::new(DRAWN_NS, nanoseconds(drawn)));
        [Some(total), drawn].into_iter().flatten().collect()
    }
}

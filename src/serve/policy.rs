//! What is special about this service's requests, for the layer that observes them.

use std::time::Duration;

use http::{Method, Uri};
use opentelemetry::KeyValue;

use super::{app::App, plan::Plan, routes};
use crate::{
    contract::{
        TraceContext,
        names::attribute::{DRAWN_NS, TOTAL_NS},
    },
    observe::{Policy, Route},
    telemetry::nanoseconds,
};

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

    fn is_status_chosen(plan: &Plan) -> bool {
        plan.answer
            .as_ref()
            .is_ok_and(|answer| answer.is_status_chosen)
    }

    fn attributes(plan: Option<&Plan>, total: Duration) -> Vec<KeyValue> {
        let total = KeyValue::new(TOTAL_NS, nanoseconds(total));
        let drawn = plan.and_then(Plan::delay);
        let drawn = drawn.map(|drawn| KeyValue::new(DRAWN_NS, nanoseconds(drawn)));
        [Some(total), drawn].into_iter().flatten().collect()
    }
}

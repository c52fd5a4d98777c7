//! `GET /images`: draws the delay, waits it, and says it.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension,
    extract::{RawQuery, State},
    response::{Html, IntoResponse, Response},
};
use http::StatusCode;
use opentelemetry::KeyValue;

use super::{App, exchange::Exchange, overrides::Overrides};
use crate::{
    contract::{Step, names::attribute::DRAWN_NS},
    delay::{Domain, draw},
};

pub(super) async fn images(
    State(app): State<Arc<App>>,
    Extension(exchange): Extension<Exchange>,
    RawQuery(query): RawQuery,
) -> Response {
    let overrides = match asked(&app, query.as_deref()) {
        Ok(overrides) => overrides,
        Err(reason) => return (StatusCode::BAD_REQUEST, reason + "\n").into_response(),
    };
    let delay = overrides.delay.as_ref().unwrap_or(&app.declared.delay);
    let drawn = delay.quantile(draw(
        app.declared.seed,
        Domain::Delay,
        exchange.trace_context(),
    ));
    exchange.set_drawn(drawn);
    wait(&app, &exchange, drawn).await;
    let status = overrides
        .status
        .unwrap_or_else(|| declared_status(&app, &exchange));
    (status, Html(format!("<h1>{}</h1>", drawn.as_millis()))).into_response()
}

/// What the query asks for. An answer that departs from the declared truth is counted, a refusal among them.
fn asked(app: &App, query: Option<&str>) -> Result<Overrides, String> {
    let Some(query) = query else {
        return Ok(Overrides::default());
    };
    let asked = Overrides::parse(query, app.max_delay, !app.answers.no_overrides);
    if asked.as_ref().map_or(true, Overrides::departs) {
        app.delay_instruments.count_override();
    }
    asked
}

async fn wait(app: &App, exchange: &Exchange, drawn: Duration) {
    let mut span = app.tracing.child_span("delay");
    if let Some(span) = &mut span {
        span.describe(KeyValue::new(DRAWN_NS, nanoseconds(drawn)));
    }
    let timer = exchange.timer();
    timer.begin_step();
    app.clock.sleep(drawn).await;
    let waited = timer.observe_step(Step::Delay);
    app.delay_instruments
        .record_error(waited.saturating_sub(drawn));
}

/// 200, or the injected error that this request's own draw decides.
fn declared_status(app: &App, exchange: &Exchange) -> StatusCode {
    let answers = &app.answers;
    if answers.error_rate > 0.0
        && draw(app.declared.seed, Domain::Error, exchange.trace_context()) < answers.error_rate
    {
        StatusCode::from_u16(answers.error_status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
    } else {
        StatusCode::OK
    }
}

/// A duration as a span attribute.
pub(super) fn nanoseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

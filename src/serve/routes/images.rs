//! `GET /images`: waits the planned delay, and answers with it.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension,
    extract::State,
    response::{Html, IntoResponse, Response},
};
use http::StatusCode;
use hyper::ext::ReasonPhrase;
use opentelemetry::KeyValue;

use crate::{
    contract::{Step, names::attribute::DRAWN_NS},
    serve::{app::App, plan::Plan},
    telemetry::nanoseconds,
    timer::StepTimer,
};

pub async fn images(State(app): State<Arc<App>>, Extension(plan): Extension<Plan>) -> Response {
    match plan.answer {
        Ok(answer) => {
            wait(&app, answer.delay).await;
            let body = Html(format!("<h1>{}</h1>", answer.delay.as_millis()));
            let mut response = if is_without_body(answer.status) {
                answer.status.into_response()
            } else {
                (answer.status, body).into_response()
            };
            if answer.status.canonical_reason().is_none() {
                // hyper would write `<none>`.
                let reason = ReasonPhrase::from_static(b"Unassigned");
                response.extensions_mut().insert(reason);
            }
            response
        }
        Err(reason) => (StatusCode::BAD_REQUEST, reason + "\n").into_response(),
    }
}

/// Whether a status forbids a body: RFC 9110, 15.3.5, 15.3.6 and 15.4.5.
fn is_without_body(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
    )
}

async fn wait(app: &App, delay: Duration) {
    let mut span = app.tracing.child_span("delay");
    if let Some(span) = &mut span {
        span.describe(KeyValue::new(DRAWN_NS, nanoseconds(delay)));
    }
    let timer = StepTimer::start(&app.instruments.latency, Step::Delay);
    app.clock.sleep(delay).await;
    let late = timer.observe().saturating_sub(delay);
    app.delay_instruments.record_error(late);
}

//! `GET /images`: waits the planned delay, and answers with it.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, HttpBody},
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE},
};
use hyper::ext::ReasonPhrase;
use opentelemetry::KeyValue;

use crate::{
    contract::{Step, names::attribute::DRAWN_NS},
    serve::{app::App, plan::Plan},
    telemetry::{ChildSpan, nanoseconds},
    timer::StepTimer,
};

/// Answers a request as planned. It is called without the router, which would cost a fifth of the request.
pub async fn images(app: Arc<App>, plan: Plan) -> Response {
    let mut response = match plan.answer {
        Ok(answer) => {
            wait(&app, answer.delay).await;
            let mut response = if is_without_body(answer.status) {
                answer.status.into_response()
            } else {
                delay_in_html(answer.status, answer.delay)
            };
            if answer.status.canonical_reason().is_none() {
                // hyper would write `<none>`.
                let reason = ReasonPhrase::from_static(b"Unassigned");
                response.extensions_mut().insert(reason);
            }
            response
        }
        Err(reason) => (StatusCode::BAD_REQUEST, reason + "\n").into_response(),
    };
    let length = response.body().size_hint().exact().unwrap_or_default();
    if let Ok(length) = HeaderValue::from_str(itoa::Buffer::new().format(length)) {
        response.headers_mut().insert(CONTENT_LENGTH, length);
    }
    response
}

/// The answer to any method but GET and HEAD.
pub async fn wrong_method() -> impl IntoResponse {
    (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET,HEAD")])
}

/// `<h1>MILLISECONDS</h1>`
fn delay_in_html(status: StatusCode, delay: Duration) -> Response {
    // `format!` costs several times as much, and 128 bits twice as much as 64.
    let millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
    let html = ["<h1>", itoa::Buffer::new().format(millis), "</h1>"].concat();
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
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
    let woke = app.clock.sleep_from(timer.started(), delay).await;
    let sampled = span.as_ref().and_then(ChildSpan::sampled);
    let late = timer.observe(woke, sampled).saturating_sub(delay);
    app.delay_instruments.record_error(late);
}

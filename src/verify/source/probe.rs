//! One request before the load: whether the target is an `/images` of this service.

use http::StatusCode;
use reqwest::Url;

use crate::{
    client::{Client, Destination, Failure, without_password},
    contract::{ServerTiming, TraceContext},
    verify::model::refusal::{Refusal, is_denied, remedy},
};

/// The replica that answered with a measurement; or why the target is refused: it answers without one. `None` where it
/// does not answer or is overloaded: the load shows that.
pub async fn replica(client: &Client, target: &Url) -> Result<Option<String>, Refusal> {
    let mut quick = target.clone();
    quick.query_pairs_mut().append_pair("delay", "constant(0s)");
    let answer = match ask(client, &quick).await {
        // `serve --no-overrides` refuses the quick one.
        Some(Err(_)) => ask(client, target).await,
        answer => answer,
    };
    match answer {
        None => Ok(None),
        Some(Ok(timing)) => Ok(timing.replica),
        Some(Err(status)) => Err(refusal(target, status)),
    }
}

fn refusal(target: &Url, status: StatusCode) -> Refusal {
    let url = without_password(target);
    let failure = Failure::Status(status.as_u16(), String::new());
    if is_denied(&failure) {
        let remedy = remedy(Destination::Target, &failure);
        let error = format!("{url}: status {status}");
        return Refusal::of(Destination::Target, &error, &remedy);
    }
    Refusal::usage(format!(
        "--target {url} answers {status} without Server-Timing: it is not the /images route of this service, or a proxy removes the header"
    ))
}

/// The measurement, or the status of an answer without one; `None` without an answer, or at an overload.
async fn ask(client: &Client, url: &Url) -> Option<Result<ServerTiming, StatusCode>> {
    let context = TraceContext {
        trace_id: rand::random_range(1..=u128::MAX),
        parent_id: rand::random_range(1..=u64::MAX),
    };
    let request = client.get(url.clone());
    let request = request.header("traceparent", context.traceparent(false));
    let answer = client.send(request).await.ok()?;
    let header = answer.headers().get("server-timing");
    let text = header.and_then(|value| value.to_str().ok());
    let timing: ServerTiming = text.unwrap_or_default().parse().ok()?;
    let status = answer.status();
    if timing.delay.is_some() && timing.total.is_some() {
        return Some(Ok(timing));
    }
    let is_overload = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    (!is_overload).then_some(Err(status))
}

//! One request before the load: whether the target is an `/images` of this service.

use http::StatusCode;
use reqwest::Url;

use crate::{
    client::{Client, without_password},
    contract::ServerTiming,
};

/// Why the target is refused: it answers, and its answer has no measurement. `None` also where it could not be asked,
/// or is overloaded: the load shows that.
pub async fn refusal(client: &Client, target: &Url) -> Option<String> {
    let mut quick = target.clone();
    quick.query_pairs_mut().append_pair("delay", "constant(0s)");
    untimed(client, &quick).await?;
    // `serve --no-overrides` refuses the quick one.
    let status = untimed(client, target).await?;
    Some(format!(
        "--target {} answers {status} without Server-Timing: it is no /images of this service, or a proxy removes the header",
        without_password(target)
    ))
}

/// The status of an answer without a measurement, unless it is that of an overload.
async fn untimed(client: &Client, url: &Url) -> Option<StatusCode> {
    let (trace_id, parent_id) = (rand::random::<u128>().max(1), rand::random::<u64>().max(1));
    let traceparent = format!("00-{trace_id:032x}-{parent_id:016x}-00");
    let request = client.get(url.clone()).header("traceparent", traceparent);
    let answer = client.send(request).await.ok()?;
    let header = answer.headers().get("server-timing");
    let text = header.and_then(|value| value.to_str().ok());
    let timing: ServerTiming = text.unwrap_or_default().parse().ok()?;
    let status = answer.status();
    let is_timed = timing.delay.is_some() && timing.total.is_some();
    let is_overload = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    (!is_timed && !is_overload).then_some(status)
}

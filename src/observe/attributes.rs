//! The attributes of a request's span and of its access-log line, by the OpenTelemetry HTTP conventions.
//! <https://opentelemetry.io/docs/specs/semconv/http/http-spans/>

use std::{net::SocketAddr, time::Duration};

use http::{
    Request, Version,
    header::{HOST, USER_AGENT},
};
use opentelemetry::KeyValue;
use opentelemetry_semantic_conventions::attribute::{
    CLIENT_ADDRESS, HTTP_REQUEST_METHOD, HTTP_REQUEST_METHOD_ORIGINAL, HTTP_ROUTE,
    NETWORK_PROTOCOL_VERSION, SERVER_ADDRESS, SERVER_PORT, URL_PATH, URL_QUERY, URL_SCHEME,
    USER_AGENT_ORIGINAL,
};

use crate::instruments::{HttpRequest, Outcome};

pub fn on_entry<B>(
    request: &Request<B>,
    labels: HttpRequest,
    peer: Option<SocketAddr>,
) -> Vec<KeyValue> {
    let uri = request.uri();
    let text = |name| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let mut attributes = Vec::with_capacity(12); // for all of them
    attributes.extend([
        KeyValue::new(HTTP_REQUEST_METHOD, labels.method),
        KeyValue::new(URL_SCHEME, "http"),
        KeyValue::new(URL_PATH, uri.path().to_owned()),
        KeyValue::new(
            NETWORK_PROTOCOL_VERSION,
            if request.version() == Version::HTTP_10 {
                "1.0"
            } else {
                "1.1"
            },
        ),
    ]);
    attributes.extend(peer.map(|peer| KeyValue::new(CLIENT_ADDRESS, peer.ip().to_string())));
    attributes.extend(labels.route.map(|route| KeyValue::new(HTTP_ROUTE, route)));
    attributes.extend(
        uri.query()
            .map(|query| KeyValue::new(URL_QUERY, redacted(query))),
    );
    attributes.extend(text(USER_AGENT).map(|agent| KeyValue::new(USER_AGENT_ORIGINAL, agent)));
    if let Some(host) = text(HOST).and_then(|host| host.parse::<http::uri::Authority>().ok()) {
        attributes.push(KeyValue::new(SERVER_ADDRESS, host.host().to_owned()));
        attributes.extend(
            host.port_u16()
                .map(|port| KeyValue::new(SERVER_PORT, i64::from(port))),
        );
    }
    if labels.method == "_OTHER" {
        let original = request.method().as_str().to_owned();
        attributes.push(KeyValue::new(HTTP_REQUEST_METHOD_ORIGINAL, original));
    }
    attributes
}

/// The query without signatures and access keys, as the conventions for `url.query` ask.
fn redacted(query: &str) -> String {
    const SECRET: [&str; 4] = ["AWSAccessKeyId", "Signature", "sig", "X-Goog-Signature"];
    let shown = |parameter: &str| match parameter.split_once('=') {
        Some((name, _)) if SECRET.contains(&name) => format!("{name}=REDACTED"),
        _ => parameter.to_owned(),
    };
    query.split('&').map(shown).collect::<Vec<_>>().join("&")
}

pub fn log(labels: HttpRequest, outcome: Outcome, took: Duration) {
    let route = labels.route.unwrap_or("(unknown path)");
    let seconds = took.as_secs_f64();
    match outcome {
        Outcome::Status(status) => tracing::info!(
            http.request.method = labels.method,
            http.route = route,
            http.response.status_code = status,
            http.server.request.duration_seconds = seconds,
            "answered"
        ),
        Outcome::Cancelled => tracing::info!(
            http.request.method = labels.method,
            http.route = route,
            http.server.request.duration_seconds = seconds,
            "the client left"
        ),
        Outcome::Panicked => tracing::error!(
            http.request.method = labels.method,
            http.route = route,
            http.server.request.duration_seconds = seconds,
            "the handler panicked"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_and_access_keys_of_a_query_are_redacted() {
        for (query, shown) in [
            ("delay=constant(1ms)&a", "delay=constant(1ms)&a"),
            (
                "sig=s3&x=1&Signature=a=b&sig&sig=&signature=kept",
                "sig=REDACTED&x=1&Signature=REDACTED&sig&sig=REDACTED&signature=kept",
            ),
            (
                "X-Goog-Signature=s3&AWSAccessKeyId=s3",
                "X-Goog-Signature=REDACTED&AWSAccessKeyId=REDACTED",
            ),
            ("", ""),
        ] {
            let request = Request::builder().uri(format!("/images?{query}"));
            let labels = HttpRequest {
                method: "GET",
                route: None,
            };
            let attributes = on_entry(&request.body(()).unwrap(), labels, None);
            let expected = KeyValue::new(URL_QUERY, shown);
            assert!(attributes.contains(&expected), "{attributes:?}");
        }
    }
}

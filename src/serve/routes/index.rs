//! `GET /`: the live page for a browser; for every other client a greeting, and the request's headers.

use std::fmt::Write;

use axum::{
    extract::{Query, RawQuery},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Uri, header::VARY};

use crate::{media_range::prefers_html, serve::page};

#[derive(Default, serde::Deserialize)]
struct Greeting {
    #[serde(default)]
    user: String,
}

/// The page where `Accept` prefers HTML, the greeting otherwise.
pub async fn index(query: RawQuery, uri: Uri, headers: HeaderMap) -> Response {
    let mut response = if prefers_html(&headers) {
        page::INDEX.answer(&headers)
    } else {
        page::with_nosniff(greeting(query, &uri, &headers).into_response())
    };
    let vary = HeaderValue::from_static("accept");
    response.headers_mut().append(VARY, vary);
    response
}

/// `hello [NAME]` for `?user=NAME`, `hello [stranger]` without; then one header per line, `name=value`.
fn greeting(RawQuery(query): RawQuery, uri: &Uri, headers: &HeaderMap) -> String {
    let name = query
        .and_then(|_| Query::<Greeting>::try_from_uri(uri).ok())
        .map(|Query(greeting)| greeting.user)
        .filter(|user| !user.is_empty())
        .unwrap_or_else(|| "stranger".to_owned());
    let mut answer = format!("hello [{name}]\n");
    for (header, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        // Writing to a string cannot fail.
        let _ = writeln!(answer, "{header}={value}");
    }
    answer
}

//! `GET /`: a greeting, and the request's headers.

use axum::extract::{Query, RawQuery};
use http::{HeaderMap, Uri};
use std::fmt::Write;

#[derive(Default, serde::Deserialize)]
struct Greeting {
    #[serde(default)]
    user: String,
}

/// `hello [NAME]` for `?user=NAME`, `hello [stranger]` without; then one header per line, `name=value`.
pub async fn index(RawQuery(query): RawQuery, uri: Uri, headers: HeaderMap) -> String {
    let name = query
        .and_then(|_| Query::<Greeting>::try_from_uri(&uri).ok())
        .map(|Query(greeting)| greeting.user)
        .filter(|user| !user.is_empty())
        .unwrap_or_else(|| "stranger".to_owned());
    let mut answer = format!("hello [{name}]\n");
    for (header, value) in &headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        // Writing to a string cannot fail.
        let _ = writeln!(answer, "{header}={value}");
    }
    answer
}

//! `GET /`: a greeting, and the request's headers.

use axum::extract::{Query, RawQuery};
use http::{HeaderMap, Uri};
use std::fmt::Write;

#[derive(Default, serde::Deserialize)]
struct Greeted {
    #[serde(default)]
    user: String,
}

/// `hello [NAME]` for `?user=NAME`, `hello [stranger]` without; then one header a line, `name=value`.
pub(super) async fn index(RawQuery(query): RawQuery, uri: Uri, headers: HeaderMap) -> String {
    let greeted = query
        .and_then(|_| Query::<Greeted>::try_from_uri(&uri).ok())
        .map(|Query(greeted)| greeted.user)
        .filter(|user| !user.is_empty())
        .unwrap_or_else(|| "stranger".to_owned());
    let mut answer = format!("hello [{greeted}]\n");
    for (name, value) in &headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        // Writing to a string cannot fail.
        let _ = writeln!(answer, "{name}={value}");
    }
    answer
}

//! One file of the page, and the answer to a request for it.

use axum::{body::Body, response::Response};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY,
        VARY, X_CONTENT_TYPE_OPTIONS,
    },
};
use xxhash_rust::xxh3::xxh3_64;

/// Only what this server sends: no inline script or style, nothing from elsewhere, and in no frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file that is embedded in the program.
#[derive(Debug)]
pub struct File {
    /// Its route.
    pub path: &'static str,
    pub(super) content_type: &'static str,
    pub(super) content: &'static [u8],
}

impl File {
    /// The file, or 304 where the client has it. A cache must ask each time: a new version has other content.
    pub fn answer(&self, headers: &HeaderMap) -> Response {
        let etag = self.etag();
        let mut response = if is_known(&etag, headers) {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            Response::new(Body::from(self.content))
        };
        let headers = response.headers_mut();
        for (name, value) in [
            (CONTENT_TYPE, self.content_type),
            (CACHE_CONTROL, "no-cache"),
            (VARY, "accept-encoding"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if self.content_type.starts_with("text/html") {
            headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
            headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        }
        if let Ok(etag) = HeaderValue::try_from(etag) {
            headers.insert(ETAG, etag);
        }
        with_nosniff(response)
    }

    /// Weak, because it is the same with and without compression.
    fn etag(&self) -> String {
        format!("W/\"{:016x}\"", xxh3_64(self.content))
    }
}

/// Tells browsers to believe the `Content-Type`.
pub fn with_nosniff(mut response: Response) -> Response {
    let nosniff = HeaderValue::from_static("nosniff");
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}

/// Whether `If-None-Match` has this entity tag, by the weak comparison of RFC 9110, 13.1.2.
fn is_known(etag: &str, headers: &HeaderMap) -> bool {
    let values = headers.get_all(IF_NONE_MATCH).iter();
    let mut values = values.filter_map(|value| value.to_str().ok());
    values.any(|value| value.trim() == "*" || opaque_tags(value).any(|tag| etag[2..] == *tag))
}

/// The tags of a list, with their quotes and without `W/`, up to the first that is not one. A tag may contain a comma.
fn opaque_tags(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let start = rest.trim_start_matches([' ', '\t', ',']);
        let start = start.strip_prefix("W/").unwrap_or(start);
        let length = start.strip_prefix('"')?.find('"')? + 2;
        let (tag, after) = start.split_at(length);
        rest = after;
        Some(tag)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_from_lists() {
        let read = |list| opaque_tags(list).collect::<Vec<_>>();
        assert_eq!(read(r#""a""#), [r#""a""#]);
        assert_eq!(
            read(r#" W/"a" , "b,c",,W/"""#),
            [r#""a""#, r#""b,c""#, r#""""#]
        );
        for none in ["", "a", "\"a", "W/", "w/\"a\"", "*", ",,"] {
            assert_eq!(read(none), [""; 0], "{none}");
        }
    }
}

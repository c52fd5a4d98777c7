//! The answer to a scrape.

use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, VARY},
};

use super::metrics::Metrics;
use crate::exposition::Format;

impl Metrics {
    /// One reading, in the format that the headers of a scrape prefer; 406 where they accept none.
    pub fn answer<B: From<Vec<u8>>>(&self, headers: &HeaderMap) -> Response<B> {
        let accept = headers.get_all(ACCEPT).iter();
        let accept = accept.filter_map(|value| value.to_str().ok());
        let (status, content_type, body) = match Format::negotiate(accept) {
            Ok(format) => (StatusCode::OK, format.content_type(), self.expose(format)),
            Err(error) => (
                StatusCode::NOT_ACCEPTABLE,
                "text/plain; charset=utf-8",
                format!("{error}\n").into(),
            ),
        };
        let mut response = Response::new(B::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(VARY, HeaderValue::from_static("accept"));
        response
    }
}

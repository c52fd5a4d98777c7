//! What one connection may use, and the HTTP/1.1 builder that enforces it.

use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioTimer;

/// What one connection may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a client may take to send the head of its request, and a keep-alive connection may be idle.
    pub header_timeout: Duration,
    /// Largest head of a request, in bytes.
    pub header_bytes: usize,
    /// Most headers in a request.
    pub headers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(30),
            header_bytes: 16_384,
            headers: 100,
        }
    }
}

impl Limits {
    pub(super) fn builder(self) -> http1::Builder {
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_timeout)
            .max_buf_size(self.header_bytes)
            .max_headers(self.headers)
            .half_close(false);
        builder
    }
}

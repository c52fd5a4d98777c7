//! What one connection may use, and the HTTP/1.1 builder that enforces it.

use std::time::Duration;

use hyper::server::conn::http1;

/// What one connection may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a client may take to send the head of its request, a keep-alive connection may be idle, and an answer may wait
    /// for its client to read on.
    pub header_timeout: Duration,
    /// Largest head of a request, in bytes.
    pub header_bytes: usize,
    /// Most headers in a request; hyper's own default is 100, too.
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
            .header_read_timeout(None) // see QuietTimer
            .max_buf_size(self.header_bytes)
            .half_close(false);
        if self.headers != Self::default().headers {
            builder.max_headers(self.headers); // allocates in each request, even for hyper's own default
        }
        builder
    }
}

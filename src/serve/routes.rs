//! The routes by name: what is observed, what is timed, what a metric may say.

use http::Method;

pub(super) const INDEX: &str = "/";
pub(super) const IMAGES: &str = "/images";
pub(super) const HEALTHZ: &str = "/healthz";
pub(super) const READYZ: &str = "/readyz";
pub(super) const METRICS: &str = "/metrics";
pub(super) const TRUTH: &str = "/truth";

/// How much is made of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attention {
    /// Probes, scrapes and questions about the truth: a look must not change what it sees.
    None,
    /// Counted and traced; the route that metrics name, if it is one.
    Observed(Option<&'static str>),
    /// Counted, traced, delayed, and in the ledger.
    Timed,
}

impl Attention {
    pub(super) fn to(method: &Method, path: &str) -> Self {
        match path {
            IMAGES if method == Method::GET || method == Method::HEAD => Self::Timed,
            IMAGES => Self::Observed(Some(IMAGES)),
            INDEX => Self::Observed(Some(INDEX)),
            HEALTHZ | READYZ | METRICS | TRUTH => Self::None,
            _ => Self::Observed(None),
        }
    }
}

/// The method as a metric may name it, and the span's name: both from a list, so that a client cannot make new ones.
pub(super) fn method_and_span(
    method: &Method,
    route: Option<&'static str>,
) -> (&'static str, &'static str) {
    macro_rules! known {
        ($($name:literal),*) => {
            match (method.as_str(), route) {
                $(
                    ($name, Some(IMAGES)) => ($name, concat!($name, " /images")),
                    ($name, Some(INDEX)) => ($name, concat!($name, " /")),
                    ($name, _) => ($name, $name),
                )*
                (_, Some(IMAGES)) => ("_OTHER", "HTTP /images"),
                (_, Some(INDEX)) => ("_OTHER", "HTTP /"),
                _ => ("_OTHER", "HTTP"),
            }
        };
    }
    known!(
        "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_cannot_make_up_labels() {
        let brew = Method::from_bytes(b"BREW").unwrap();
        assert_eq!(method_and_span(&brew, None), ("_OTHER", "HTTP"));
        assert_eq!(Attention::to(&brew, "/made/up"), Attention::Observed(None));
    }

    #[test]
    fn only_a_request_for_images_is_timed() {
        assert_eq!(Attention::to(&Method::GET, "/images"), Attention::Timed);
        assert_eq!(
            Attention::to(&Method::POST, "/images"),
            Attention::Observed(Some(IMAGES))
        );
        assert_eq!(
            Attention::to(&Method::GET, "/images/"),
            Attention::Observed(None)
        );
        assert_eq!(Attention::to(&Method::GET, "/metrics"), Attention::None);
        assert_eq!(method_and_span(&Method::GET, Some(IMAGES)).1, "GET /images");
    }
}

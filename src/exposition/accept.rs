//! Content negotiation of a scrape.

use crate::media_range::{MediaRange, quality};

/// How a reading can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The Prometheus text format 0.0.4.
    Text,
    /// OpenMetrics 1.0.0, which has exemplars and the time since when a series counts.
    OpenMetrics,
    /// Length-delimited messages of `io.prometheus.client.MetricFamily`, which have native histograms, too.
    Protobuf,
}

/// A client accepts none of the formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("none of the accepted formats is available; available are {}, {} and {}", Format::Text.content_type(), Format::OpenMetrics.content_type(), Format::Protobuf.content_type())]
pub struct NotAcceptable;

impl Format {
    /// In the order of preference where a client likes several equally well: the text has been the format for the longest.
    const ALL: [Self; 3] = [Self::Text, Self::OpenMetrics, Self::Protobuf];

    /// The value of `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        }
    }

    /// The format that the values of `Accept` prefer. Without any that can be read, the text.
    ///
    /// # Errors
    /// When none of the formats is accepted.
    pub fn negotiate<'a>(accept: impl Iterator<Item = &'a str>) -> Result<Self, NotAcceptable> {
        let ranges = MediaRange::read_all(accept);
        if ranges.is_empty() {
            return Ok(Self::Text);
        }
        let mut best: Option<(Self, f64)> = None;
        for format in Self::ALL {
            let (kind, parameters) = format.media_type();
            let quality = quality(kind, parameters, &ranges);
            if quality > best.map_or(0.0, |(_, known)| known) {
                best = Some((format, quality));
            }
        }
        best.map(|(format, _)| format).ok_or(NotAcceptable)
    }

    /// The media type, and the parameters that a range must not contradict. `charset` and `escaping` are not among them:
    /// every answer is UTF-8, and no name needs escaping.
    const fn media_type(self) -> (&'static str, &'static [(&'static str, &'static str)]) {
        match self {
            Self::Text => ("text/plain", &[("version", "0.0.4")]),
            Self::OpenMetrics => ("application/openmetrics-text", &[("version", "1.0.0")]),
            Self::Protobuf => (
                "application/vnd.google.protobuf",
                &[
                    ("proto", "io.prometheus.client.MetricFamily"),
                    ("encoding", "delimited"),
                ],
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiated(accept: &str) -> Result<Format, NotAcceptable> {
        Format::negotiate([accept].into_iter())
    }

    #[test]
    fn prometheus_gets_what_it_prefers() {
        let classic = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
            application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
            text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        assert_eq!(negotiated(classic), Ok(Format::OpenMetrics));
        let native = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,\
            application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        assert_eq!(negotiated(native), Ok(Format::Protobuf));
        assert_eq!(
            negotiated("text/plain;version=0.0.4;q=1,*/*;q=0.1"),
            Ok(Format::Text)
        );
    }

    #[test]
    fn the_text_is_the_default_and_the_choice_among_equals() {
        for accept in [
            "*/*",
            "text/*",
            "text/html,application/xhtml+xml,*/*;q=0.8",
            "TEXT/PLAIN; charset=utf-8",
            "application/openmetrics-text;q=0.5, text/plain;q=0.5",
            "application/openmetrics-text;version=1.0.0;q=0, */*",
        ] {
            assert_eq!(negotiated(accept), Ok(Format::Text), "{accept}");
        }
        assert_eq!(Format::negotiate([].into_iter()), Ok(Format::Text));
    }

    #[test]
    fn the_most_specific_range_counts() {
        let accept = "application/openmetrics-text;q=0.1, application/openmetrics-text;version=1.0.0;q=0.9, */*;q=0.5";
        assert_eq!(negotiated(accept), Ok(Format::OpenMetrics));
        assert_eq!(negotiated("text/plain;q=0.1, */*"), Ok(Format::OpenMetrics));
        let accept = r#"application/vnd.google.protobuf;proto="io.prometheus.client.MetricFamily";encoding=delimited"#;
        assert_eq!(negotiated(accept), Ok(Format::Protobuf));
        let twice = "text/plain;q=0, text/plain;q=1";
        assert_eq!(negotiated(twice), Ok(Format::Text));
    }

    #[test]
    fn what_is_no_media_range_is_ignored() {
        for accept in [
            "",
            ",,,",
            "rubbish",
            "/",
            "a/b/c",
            "é/é",
            "text/plain;q=2",
            "text/plain;q=x",
            "\u{1}",
        ] {
            assert_eq!(negotiated(accept), Ok(Format::Text), "{accept}");
        }
        assert_eq!(
            negotiated("rubbish, application/openmetrics-text"),
            Ok(Format::OpenMetrics)
        );
    }

    #[test]
    fn only_where_nothing_is_acceptable_it_is_refused() {
        for accept in [
            "application/json",
            "application/json;v",
            "*/*;q=0",
            "text/plain;version=1.0.0",
            "application/openmetrics-text;version=0.0.1",
            "application/vnd.google.protobuf;proto=other;encoding=delimited",
            "image/*",
        ] {
            assert_eq!(negotiated(accept), Err(NotAcceptable), "{accept}");
        }
    }
}

//! Content negotiation of a scrape, by RFC 9110, 12.5.1.

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

/// One media range with its parameters, and how well it is liked.
struct Range<'a> {
    kind: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
    quality: f64,
}

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
        let ranges: Vec<_> = accept
            .flat_map(|value| value.split(','))
            .filter_map(Range::read)
            .collect();
        if ranges.is_empty() {
            return Ok(Self::Text);
        }
        let mut best: Option<(Self, f64)> = None;
        for format in Self::ALL {
            let quality = format.quality(&ranges);
            if quality > best.map_or(0.0, |(_, known)| known) {
                best = Some((format, quality));
            }
        }
        best.map(|(format, _)| format).ok_or(NotAcceptable)
    }

    /// The quality of the most specific range that includes this format; of several equally specific ones, the highest.
    fn quality(self, ranges: &[Range<'_>]) -> f64 {
        let mut found = (0, 0.0);
        for range in ranges {
            if let Some(specificity) = self.specificity(range)
                && (specificity, range.quality) > found
            {
                found = (specificity, range.quality);
            }
        }
        found.1
    }

    /// How precisely a range names this format; `None` where it does not include it.
    fn specificity(self, range: &Range<'_>) -> Option<usize> {
        let (kind, known): (_, &[(&str, &str)]) = match self {
            Self::Text => ("text/plain", &[("version", "0.0.4")]),
            Self::OpenMetrics => ("application/openmetrics-text", &[("version", "1.0.0")]),
            Self::Protobuf => (
                "application/vnd.google.protobuf",
                &[
                    ("proto", "io.prometheus.client.MetricFamily"),
                    ("encoding", "delimited"),
                ],
            ),
        };
        if range.kind == "*/*" {
            return Some(1);
        }
        if let Some(main) = range.kind.strip_suffix("/*") {
            return kind
                .split('/')
                .next()
                .filter(|own| own.eq_ignore_ascii_case(main))
                .map(|_| 2);
        }
        if !range.kind.eq_ignore_ascii_case(kind) {
            return None;
        }
        let mut specificity = 3;
        for (name, value) in &range.parameters {
            let own = known.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
            match own {
                Some((_, own)) if own == value => specificity += 1,
                Some(_) => return None,
                // `charset` and `escaping`: every answer is UTF-8, and no name needs escaping.
                None => {}
            }
        }
        Some(specificity)
    }
}

impl<'a> Range<'a> {
    /// Reads a media range; `None` where it is none.
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let kind = parts.next().filter(|kind| is_media_range(kind))?;
        let mut range = Self {
            kind,
            parameters: Vec::new(),
            quality: 1.0,
        };
        for part in parts {
            // Without a value it says nothing.
            let Some((name, value)) = part.split_once('=') else {
                continue;
            };
            let (name, value) = (name.trim(), value.trim().trim_matches('"'));
            if name.eq_ignore_ascii_case("q") {
                let quality = value.parse().ok();
                range.quality = quality.filter(|quality| (0.0..=1.0).contains(quality))?;
            } else {
                range.parameters.push((name, value));
            }
        }
        Some(range)
    }
}

fn is_media_range(text: &str) -> bool {
    let is_token = |part: &str| {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        !part.is_empty() && part.chars().all(is_allowed)
    };
    text.split_once('/')
        .is_some_and(|(main, sub)| is_token(main) && is_token(sub))
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

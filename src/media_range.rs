//! The media ranges of an `Accept` header, by RFC 9110, 12.5.1.

use http::{HeaderMap, header::ACCEPT};

/// One media range with its parameters, and how well it is liked.
pub struct MediaRange<'a> {
    kind: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
    quality: f64,
}

/// The quality of a media type: that of the most specific range that includes it; of several equally specific ones, the
/// highest; 0 where none includes it. A range that contradicts one of the `parameters` does not include it.
pub fn quality(kind: &str, parameters: &[(&str, &str)], ranges: &[MediaRange<'_>]) -> f64 {
    let mut found = (0, 0.0);
    for range in ranges {
        if let Some(specificity) = range.specificity(kind, parameters)
            && (specificity, range.quality) > found
        {
            found = (specificity, range.quality);
        }
    }
    found.1
}

/// Whether `Accept` names HTML, as browsers do, and likes it at least as well as plain text. A wildcard is not enough:
/// curl sends `*/*`.
pub fn prefers_html(headers: &HeaderMap) -> bool {
    let accept = headers.get_all(ACCEPT).iter();
    let accept = accept.filter_map(|value| value.to_str().ok());
    let ranges = MediaRange::read_all(accept);
    let [html, plain] = ["text/html", "text/plain"].map(|kind| quality(kind, &[], &ranges));
    ranges.iter().any(|range| range.names("text/html")) && html > 0.0 && html >= plain
}

impl<'a> MediaRange<'a> {
    /// Reads the values of `Accept`. Leaves out what is not a media range.
    pub fn read_all(accept: impl Iterator<Item = &'a str>) -> Vec<Self> {
        accept
            .flat_map(|value| value.split(','))
            .filter_map(Self::read)
            .collect()
    }

    /// Whether it names this media type, without a wildcard.
    pub fn names(&self, kind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind)
    }

    /// How precisely it names a media type; `None` where it does not include it.
    fn specificity(&self, kind: &str, known: &[(&str, &str)]) -> Option<usize> {
        if self.kind == "*/*" {
            return Some(1);
        }
        if let Some(main) = self.kind.strip_suffix("/*") {
            return kind
                .split('/')
                .next()
                .filter(|own| own.eq_ignore_ascii_case(main))
                .map(|_| 2);
        }
        if !self.names(kind) {
            return None;
        }
        let mut specificity = 3;
        for (name, value) in &self.parameters {
            let own = known.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
            match own {
                Some((_, own)) if own == value => specificity += 1,
                Some(_) => return None,
                None => {}
            }
        }
        Some(specificity)
    }

    /// Reads a media range; `None` where it is not one.
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

    #[test]
    fn who_names_html_and_likes_it_as_well_as_text_is_a_browser() {
        let is_preferred = |values: &[&str]| {
            let values = values.iter().map(|value| (ACCEPT, value.parse().unwrap()));
            prefers_html(&values.collect())
        };
        for accept in [
            &["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"][..],
            &["text/html"],
            &["TEXT/HTML; charset=utf-8"],
            &["text/html;q=0.5, text/plain;q=0.5"],
            &["text/html;q=0.1, text/plain;q=0"],
            &["text/plain", "text/html"],
            &["rubbish", "text/html"],
            &["text/html;q=0, text/html"],
            &["text/html;level=1"],
        ] {
            assert!(is_preferred(accept), "{accept:?}");
        }
        for accept in [
            &[][..],
            &["*/*"],
            &["text/*"],
            &["text/html;q=0"],
            &["text/html;q=0, */*"],
            &["text/html;q=0.5, */*"],
            &["text/html;q=0.5, text/*"],
            &["text/plain, text/html;q=0.5"],
            &["text/plain", "text/html;q=0.9"],
            &["text/html;q=2"],
            &["application/xhtml+xml"],
            &["text/html2"],
            &["text"],
            &[""],
        ] {
            assert!(!is_preferred(accept), "{accept:?}");
        }
    }
}

//! Reads the Prometheus text format 0.0.4; bounded, and errors name the line.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>

use std::fmt;

use super::labels::Labels;

/// Most samples that are read; bounds the memory.
const MAX_SAMPLES: usize = 200_000;

/// One line: a name, its labels and a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub name: String,
    pub labels: Labels,
    pub value: f64,
}

/// Why a text is not a valid exposition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}: `{excerpt}`")]
pub struct ExpositionError {
    line: usize,
    reason: Reason,
    excerpt: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    Name,
    Label,
    Quote,
    Escape,
    Value,
    TooMany,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "expected the name of a metric",
            Self::Label => "expected a label such as step=\"total\"",
            Self::Quote => "the closing quote of a label value is missing",
            Self::Escape => "only \\\\, \\\" and \\n may follow a backslash",
            Self::Value => "expected a number and, at most, a timestamp",
            Self::TooMany => return write!(f, "more than {MAX_SAMPLES} samples"),
        })
    }
}

/// Every sample of an exposition; comments, types and help are skipped.
pub fn parse(text: &str) -> Result<Vec<Sample>, ExpositionError> {
    let mut samples = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let error = |reason| ExpositionError {
            line: index + 1,
            reason,
            excerpt: line.chars().take(60).collect(),
        };
        if samples.len() == MAX_SAMPLES {
            return Err(error(Reason::TooMany));
        }
        samples.push(sample(line).map_err(error)?);
    }
    Ok(samples)
}

fn sample(line: &str) -> Result<Sample, Reason> {
    let (name, rest) = word(line).ok_or(Reason::Name)?;
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inside) => labels(inside)?,
        None => (Labels::new(), rest),
    };
    let mut fields = rest.split_whitespace();
    let value = fields.next().and_then(number).ok_or(Reason::Value)?;
    let timestamp = fields.next().is_none_or(|at| at.parse::<i64>().is_ok());
    if !timestamp || fields.next().is_some() {
        return Err(Reason::Value);
    }
    Ok(Sample {
        name: name.to_owned(),
        labels,
        value,
    })
}

fn labels(mut rest: &str) -> Result<(Labels, &str), Reason> {
    let mut labels = Labels::new();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('}') {
            return Ok((labels, after));
        }
        let (name, after) = word(rest).ok_or(Reason::Label)?;
        let after = after.trim_start().strip_prefix('=').ok_or(Reason::Label)?;
        let after = after.trim_start().strip_prefix('"').ok_or(Reason::Label)?;
        let (value, after) = quoted(after)?;
        labels.insert(name.to_owned(), value);
        let after = after.trim_start();
        rest = match after.strip_prefix(',') {
            Some(next) => next,
            None if after.starts_with('}') => after,
            None => return Err(Reason::Label),
        };
    }
}

/// A text up to its closing quote, unescaped, and what follows it.
fn quoted(text: &str) -> Result<(String, &str), Reason> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, found)) = chars.next() {
        match found {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => value.push(match chars.next().ok_or(Reason::Quote)?.1 {
                'n' => '\n',
                escaped @ ('\\' | '"') => escaped,
                _ => return Err(Reason::Escape),
            }),
            other => value.push(other),
        }
    }
    Err(Reason::Quote)
}

/// A name of a metric or a label, and what follows it.
fn word(text: &str) -> Option<(&str, &str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (!word.is_empty() && !word.starts_with(|c: char| c.is_ascii_digit())).then_some((word, rest))
}

/// A number as Prometheus writes it.
pub fn number(text: &str) -> Option<f64> {
    match text {
        "+Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::NAN),
        _ => text.parse().ok().filter(|value: &f64| value.is_finite()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_labels_and_values_are_read() {
        let text = "# HELP a b\n# TYPE a counter\na 3\n\nb{le=\"+Inf\", step=\"to\\\"t\\\\a\\nl\" , } 1e3 1700000000000\nc{} NaN\n";
        let samples = parse(text).unwrap();
        assert_eq!(samples.len(), 3);
        assert_eq!((samples[0].name.as_str(), samples[0].value), ("a", 3.0));
        assert_eq!(samples[1].labels["step"], "to\"t\\a\nl");
        assert_eq!(samples[1].labels["le"], "+Inf");
        assert!((samples[1].value - 1000.0).abs() < 1e-12);
        assert!(samples[2].value.is_nan());
    }

    #[test]
    fn an_error_names_its_line() {
        for (bad, reason) in [
            ("<!DOCTYPE html>", "name"),
            ("1a 3", "name"),
            ("a", "number"),
            ("a b", "number"),
            ("a 1 2 3", "number"),
            ("a 1 x", "number"),
            ("a{b} 1", "label"),
            ("a{b=c} 1", "label"),
            ("a{b=\"c\" d=\"e\"} 1", "label"),
            ("a{b=\"c} 1", "closing quote"),
            ("a{b=\"\\t\"} 1", "backslash"),
        ] {
            let error = parse(&format!("ok 1\n{bad}\n")).unwrap_err().to_string();
            assert!(error.starts_with("line 2: "), "{bad}: {error}");
            assert!(error.contains(reason), "{bad}: {error}");
        }
    }

    #[test]
    fn too_many_samples_are_refused() {
        let error = parse(&"a 1\n".repeat(MAX_SAMPLES + 1)).unwrap_err();
        assert_eq!(error.reason, Reason::TooMany);
    }

    proptest! {
        #[test]
        fn no_text_panics_the_reader(text in "(?s).{0,200}") {
            let _ = parse(&text);
        }

        #[test]
        fn a_label_s_value_survives_its_escapes(value in "(?s).{0,40}") {
            prop_assume!(!value.contains('\r') && !value.contains('\u{85}'));
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let samples = parse(&format!("a{{b=\"{escaped}\"}} 1")).unwrap();
            prop_assert_eq!(&samples[0].labels["b"], &value);
        }
    }
}

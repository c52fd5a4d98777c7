//! Label matchers of `PromQL`: read from `--selector`, and built from the labels of targets.

use std::{
    collections::BTreeSet,
    fmt::Write,
    str::{Chars, FromStr},
};

use super::labels::{Labels, NAME};
use crate::contract::names::label;

/// Matchers that narrow every query, in the form in which they are put into one: `namespace="prod",pod!=""`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector(String);

impl Selector {
    /// The matchers as further ones of a selector: each after a comma.
    pub fn and(&self) -> String {
        if self.0.is_empty() {
            String::new()
        } else {
            format!(",{}", self.0)
        }
    }

    /// Those matchers, and these.
    pub fn with(&self, matchers: &Self) -> Self {
        Self(format!("{}{}", matchers.0, self.and()))
    }
}

/// Reads matchers such as `namespace="prod", pod=~"web-.*"`, with or without braces around them.
impl FromStr for Selector {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        let text = given.trim();
        let text = match text.strip_prefix('{') {
            Some(inside) => inside.strip_suffix('}').ok_or("the closing } is missing")?,
            None => text,
        };
        let (mut rest, mut matchers) = (text.trim_start(), Vec::new());
        while !rest.is_empty() {
            let (matcher, after) = matcher(rest)?;
            matchers.push(matcher);
            let after = after.trim_start();
            rest = match after.strip_prefix(',') {
                Some(next) => next.trim_start(),
                None if after.is_empty() => after,
                None => return Err(format!("expected a comma before `{after}`")),
            };
        }
        if matchers.is_empty() {
            return Err("expected a matcher such as namespace=\"prod\"".to_owned());
        }
        Ok(Self(matchers.join(",")))
    }
}

/// One matcher in its canonical form, and what follows it.
fn matcher(text: &str) -> Result<(String, &str), String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let (name, rest) = if text.starts_with(['"', '\'', '`']) {
        string(text)?
    } else {
        let (name, rest) = text.split_at(text.find(|c| !is_part(c)).unwrap_or(text.len()));
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(format!("expected the name of a label at `{text}`"));
        }
        (name.to_owned(), rest)
    };
    if [NAME, label::LE, label::STEP].contains(&name.as_str()) {
        return Err(format!(
            "must not match {name}, which the queries themselves do"
        ));
    }
    let rest = rest.trim_start();
    let operators = ["=~", "!~", "!=", "="];
    let operator = operators
        .iter()
        .find(|operator| rest.starts_with(**operator));
    let operator = operator.ok_or_else(|| format!("expected =, !=, =~ or !~ after {name}"))?;
    let (value, after) = string(rest[operator.len()..].trim_start())?;
    Ok((
        format!("{}{operator}{}", label_name(&name), quoted(&value)),
        after,
    ))
}

/// The value of a quoted string at the start, and what follows it.
fn string(text: &str) -> Result<(String, &str), String> {
    let mut letters = text.chars();
    let quote = letters.next().filter(|c| ['"', '\'', '`'].contains(c));
    let quote = quote.ok_or_else(|| format!("expected a quoted value at `{text}`"))?;
    let mut value = String::new();
    loop {
        match letters.next() {
            None => return Err(format!("the closing quote of {text} is missing")),
            Some(end) if end == quote => return Ok((value, letters.as_str())),
            Some('\n') if quote != '`' => return Err("a quoted value has one line".to_owned()),
            Some('\\') if quote != '`' => value.push(unescaped(&mut letters, quote)?),
            Some(letter) => value.push(letter),
        }
    }
}

/// Go's escapes, without those by number.
fn unescaped(letters: &mut Chars<'_>, quote: char) -> Result<char, String> {
    match letters.next() {
        Some('n') => Ok('\n'),
        Some('t') => Ok('\t'),
        Some('r') => Ok('\r'),
        Some(escaped) if escaped == '\\' || escaped == quote => Ok(escaped),
        other => {
            let other = other.map(String::from).unwrap_or_default();
            Err(format!(
                "`\\{other}` is not an escape that is known here: \\\\ is a backslash"
            ))
        }
    }
}

/// Matchers for the targets with these labels: by each label that a target of these series has, as `all` shows. They may
/// match mixtures of targets besides.
pub fn of_targets<'a>(targets: &[&'a Labels], all: &[&'a Labels]) -> Selector {
    let names: BTreeSet<_> = all
        .iter()
        .chain(targets)
        .flat_map(|labels| labels.keys())
        .collect();
    let matcher = |name: &String| {
        // An absent label is matched as an empty one.
        let value = |labels: &'a Labels| labels.get(name).map_or("", String::as_str);
        let values: BTreeSet<_> = targets.iter().copied().map(value).collect();
        let (operator, text) = match Vec::from_iter(values)[..] {
            [only] => ("=", only.to_owned()),
            ref several => {
                let several = several.iter().copied().map(regex_escaped);
                ("=~", several.collect::<Vec<_>>().join("|"))
            }
        };
        format!("{}{operator}{}", label_name(name), quoted(&text))
    };
    Selector(names.into_iter().map(matcher).collect::<Vec<_>>().join(","))
}

/// A label's name in a matcher: quoted where it is not a classic one.
fn label_name(name: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.chars().all(is_part) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// A text as a string literal.
pub fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted.push_str("\\n"),
            _ if letter.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(letter));
            }
            _ => quoted.push(letter),
        }
    }
    quoted + "\""
}

/// A text as a regular expression that matches only it.
pub fn regex_escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        if r"\.+*?()|[]{}^$".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_are_read_and_written_back() {
        for (given, written) in [
            (r#"namespace="prod""#, r#",namespace="prod""#),
            (r#"{ a != 'x"y' , b=~"c|d", }"#, r#",a!="x\"y",b=~"c|d""#),
            (r#""k8s.pod"!~`\d+`"#, r#","k8s.pod"!~"\\d+""#),
        ] {
            assert_eq!(given.parse::<Selector>().unwrap().and(), written);
        }
        for bad in [
            "",
            "{}",
            "prod",
            "a=b",
            "a=\"b",
            "a=\"b\" c=\"d\"",
            "1a=\"b\"",
            "a==\"b\"",
            "{a=\"b\"",
            "__name__=\"x\"",
            "le=\"1\"",
            "a=\"b\"} or up{",
            "a=\"\\d\"",
            "a=\"b\",,",
        ] {
            assert!(bad.parse::<Selector>().is_err(), "{bad}");
        }
    }

    #[test]
    fn targets_are_matched_by_every_label_that_any_of_them_has() {
        let labels = |of: &[(&str, &str)]| -> Labels {
            let text = |(n, v): &(&str, &str)| ((*n).to_owned(), (*v).to_owned());
            of.iter().map(text).collect()
        };
        let ours = [
            labels(&[("job", "a\\\"b"), ("instance", "1.2")]),
            labels(&[("job", "a\\\"b"), ("instance", "3")]),
        ];
        let other = labels(&[("job", "a"), ("env", "staging")]);
        let matchers = of_targets(&[&ours[0], &ours[1]], &[&other]);
        assert_eq!(
            matchers.and(),
            r#",env="",instance=~"1\\.2|3",job="a\\\"b""#
        );
    }
}

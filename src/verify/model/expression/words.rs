//! The words of an expression of `PromQL`: enough of its grammar to skip strings and comments.

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    Name(String),
    /// What is in square brackets.
    Range(String),
    Open,
    Close,
    /// Matchers in braces, with their braces.
    Matchers(String),
}

impl Word {
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            _ => None,
        }
    }
}

/// Takes an expression apart.
pub fn words(text: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        let length = match first {
            '(' | ')' => {
                words.push(if first == '(' {
                    Word::Open
                } else {
                    Word::Close
                });
                1
            }
            '"' | '\'' | '`' => string_length(rest, first)?,
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '[' => {
                let end = rest.find(']').ok_or("the closing ] is missing")?;
                words.push(Word::Range(rest[1..end].to_owned()));
                end + 1
            }
            '{' => {
                let end = braces_length(rest)?;
                words.push(Word::Matchers(rest[..end].to_owned()));
                end
            }
            c if is_part(c) => {
                let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                if !c.is_ascii_digit() {
                    words.push(Word::Name(rest[..end].to_owned()));
                }
                end
            }
            other => other.len_utf8(),
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(words)
}

/// The length of a quoted string at the start, with its quotes.
fn string_length(text: &str, quote: char) -> Result<usize, String> {
    let mut is_escaped = false;
    let end = text[1..].find(|c| {
        let is_end = c == quote && !is_escaped;
        is_escaped = c == '\\' && !is_escaped && quote != '`';
        is_end
    });
    end.map(|end| end + 2)
        .ok_or_else(|| "a closing quote is missing".to_owned())
}

fn braces_length(text: &str) -> Result<usize, String> {
    let mut at = 1;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        match c {
            '}' => return Ok(at + 1),
            '"' | '\'' | '`' => at += string_length(&text[at..], c)?,
            other => at += other.len_utf8(),
        }
    }
    Err("the closing } is missing".to_owned())
}

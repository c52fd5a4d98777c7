//! The lines that both text formats have in common.

use super::{Family, number};
use crate::digits::push_decimal;

/// Writes the lines of one family. `push_bound` writes the bound of a bucket.
pub struct Lines<'a> {
    pub out: &'a mut Vec<u8>,
    pub family: &'a str,
    pub push_bound: fn(&mut Vec<u8>, f64),
}

/// What follows the name of the family in the name of a sample.
pub type Suffix = &'static str;

impl Lines<'_> {
    /// The line of a sample that is a number.
    pub fn number(&mut self, suffix: Suffix, labels: &[(String, String)], value: f64) {
        self.begin(suffix, labels, None);
        number::push(self.out, value);
        self.end();
    }

    /// The line of a sample that is a count.
    pub fn count(&mut self, suffix: Suffix, labels: &[(String, String)], count: u64) {
        self.begin(suffix, labels, None);
        push_decimal(self.out, count);
        self.end();
    }

    /// Begins the line of a bucket, which may go on with an exemplar; its end is left to the caller.
    pub fn bucket(&mut self, labels: &[(String, String)], bound: f64, below: u64) {
        self.begin("_bucket", labels, Some(bound));
        push_decimal(self.out, below);
    }

    /// Begins a sample; its value and the end of the line are left to the caller.
    pub fn begin(&mut self, suffix: Suffix, labels: &[(String, String)], bound: Option<f64>) {
        let out = &mut *self.out;
        out.extend_from_slice(self.family.as_bytes());
        out.extend_from_slice(suffix.as_bytes());
        let mut separator = b'{';
        for (name, value) in labels {
            begin_label(out, &mut separator, name);
            push_escaped(out, value, true);
            out.push(b'"');
        }
        if let Some(bound) = bound {
            begin_label(out, &mut separator, "le");
            (self.push_bound)(out, bound);
            out.push(b'"');
        }
        if separator == b',' {
            out.push(b'}');
        }
        out.push(b' ');
    }

    pub fn end(&mut self) {
        self.out.push(b'\n');
    }
}

/// `# KEYWORD NAME VALUE`
pub fn comment(out: &mut Vec<u8>, keyword: &str, name: &str, value: &str) {
    begin_comment(out, keyword, name);
    out.extend_from_slice(value.as_bytes());
    out.push(b'\n');
}

/// The help line, where there is help. Quotes are escaped in OpenMetrics only.
pub fn help(out: &mut Vec<u8>, family: &Family, name: &str, with_quotes: bool) {
    if !family.help.is_empty() {
        begin_comment(out, "HELP", name);
        push_escaped(out, &family.help, with_quotes);
        out.push(b'\n');
    }
}

fn begin_comment(out: &mut Vec<u8>, keyword: &str, name: &str) {
    for part in ["# ", keyword, " ", name, " "] {
        out.extend_from_slice(part.as_bytes());
    }
}

fn begin_label(out: &mut Vec<u8>, separator: &mut u8, name: &str) {
    out.push(*separator);
    *separator = b',';
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"=\"");
}

fn push_escaped(out: &mut Vec<u8>, text: &str, with_quotes: bool) {
    for byte in text.bytes() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'"' if with_quotes => out.extend_from_slice(b"\\\""),
            _ => out.push(byte),
        }
    }
}

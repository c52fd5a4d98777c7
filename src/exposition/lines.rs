//! The lines that both text formats have in common.

use super::{Family, number};

/// Writes the lines of one family. `push_bound` writes the bound of a bucket.
pub struct Lines<'a> {
    pub out: &'a mut Vec<u8>,
    pub family: &'a str,
    pub push_bound: fn(&mut Vec<u8>, f64),
}

/// What follows the name of the family in the name of a sample.
pub type Suffix = &'static str;

impl Lines<'_> {
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

    pub fn count(&mut self, count: u64) {
        let mut buffer = itoa::Buffer::new();
        self.out.extend_from_slice(buffer.format(count).as_bytes());
    }

    pub fn number(&mut self, value: f64) {
        number::push(self.out, value);
    }

    pub fn end(&mut self) {
        self.out.push(b'\n');
    }
}

/// `# KEYWORD NAME VALUE`
pub fn comment(out: &mut Vec<u8>, keyword: &str, name: &str, value: &str) {
    for part in ["# ", keyword, " ", name, " ", value, "\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// The help line, where there is help. Quotes are escaped in OpenMetrics only.
pub fn help(out: &mut Vec<u8>, family: &Family, name: &str, with_quotes: bool) {
    if !family.help.is_empty() {
        let mut escaped = Vec::with_capacity(family.help.len());
        push_escaped(&mut escaped, &family.help, with_quotes);
        comment(out, "HELP", name, &String::from_utf8_lossy(&escaped));
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

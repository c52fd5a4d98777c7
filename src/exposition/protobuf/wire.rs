//! The wire format of protobuf: <https://protobuf.dev/programming-guides/encoding/>. Written in one pass; a library that
//! first builds the messages and computes the length of each takes four times as long for a scrape.

/// Fields of one message, appended to a buffer. A field with its default value is left out.
pub struct Fields<'a>(pub &'a mut Vec<u8>);

/// The number of a field.
pub type Tag = u8;

const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const LENGTH_DELIMITED: u8 = 2;

impl Fields<'_> {
    pub fn uint(&mut self, tag: Tag, value: u64) {
        if value != 0 {
            self.tag(tag, VARINT);
            push_varint(self.0, value);
        }
    }

    /// A `sint32` or `sint64`.
    pub fn sint(&mut self, tag: Tag, value: i64) {
        self.uint(tag, zigzag(value));
    }

    pub fn double(&mut self, tag: Tag, value: f64) {
        if value.to_bits() != 0 {
            self.tag(tag, FIXED64);
            self.0.extend_from_slice(&value.to_le_bytes());
        }
    }

    pub fn bytes(&mut self, tag: Tag, value: &[u8]) {
        if !value.is_empty() {
            self.tag(tag, LENGTH_DELIMITED);
            push_varint(self.0, value.len() as u64);
            self.0.extend_from_slice(value);
        }
    }

    /// A packed `repeated sint64`.
    pub fn sints(&mut self, tag: Tag, values: impl Iterator<Item = i64>) {
        let mut values = values.peekable();
        if values.peek().is_some() {
            self.tag(tag, LENGTH_DELIMITED);
            push_delimited(self.0, |out| {
                values.for_each(|value| push_varint(out, zigzag(value)));
            });
        }
    }

    /// A message, also where it is empty.
    pub fn message(&mut self, tag: Tag, write: impl FnOnce(&mut Fields<'_>)) {
        self.tag(tag, LENGTH_DELIMITED);
        push_delimited(self.0, |out| write(&mut Fields(out)));
    }

    fn tag(&mut self, tag: Tag, kind: u8) {
        push_varint(self.0, u64::from(tag) << 3 | u64::from(kind));
    }
}

/// Appends what `write` appends, after its length.
pub fn push_delimited(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.push(0); // most messages are short
    let start = out.len();
    write(out);
    let length = out.len() - start;
    if let Ok(length @ 0..0x80) = u8::try_from(length) {
        out[at] = length;
    } else {
        let mut prefix = Vec::new();
        push_varint(&mut prefix, length as u64);
        out.splice(at..start, prefix);
    }
}

fn push_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63).cast_unsigned()
}

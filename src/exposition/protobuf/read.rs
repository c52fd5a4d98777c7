//! Reads back which native histograms there are: their labels and schemas.

use std::iter;

use crate::exposition::Labels;

/// What a field has: numbers of fixed length are bytes.
#[derive(Clone, Copy)]
enum Content<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The schema of each native histogram of a family, with its labels. Ends at the first message that is not whole.
#[must_use]
pub fn schemas(mut messages: &[u8], family: &str) -> Vec<(Labels, i32)> {
    let next = || delimited(&mut messages);
    let is_own = |message: &&[u8]| bytes(message, 1).next() == Some(family.as_bytes());
    let own = iter::from_fn(next).filter(is_own);
    let series = own.flat_map(|message| bytes(message, 4));
    series
        .filter_map(|series| {
            let histogram = bytes(series, 7).next()?;
            let number = |field| numbers(histogram, field).last().unwrap_or_default();
            let is_native = bytes(histogram, 12).next().is_some() || number(7) > 0;
            let labels = bytes(series, 1).map(label).collect();
            is_native.then(|| Some((labels, signed(number(5))?)))?
        })
        .collect()
}

fn label(pair: &[u8]) -> (String, String) {
    let text = |field| {
        let text = bytes(pair, field).next().unwrap_or_default();
        String::from_utf8_lossy(text).into_owned()
    };
    (text(1), text(2))
}

fn bytes(message: &[u8], field: u64) -> impl Iterator<Item = &[u8]> {
    fields(message).filter_map(move |found| match found {
        (number, Content::Bytes(bytes)) if number == field => Some(bytes),
        _ => None,
    })
}

fn numbers(message: &[u8], field: u64) -> impl Iterator<Item = u64> {
    fields(message).filter_map(move |found| match found {
        (number, Content::Number(value)) if number == field => Some(value),
        _ => None,
    })
}

/// <https://protobuf.dev/programming-guides/encoding/>
fn fields(mut message: &[u8]) -> impl Iterator<Item = (u64, Content<'_>)> {
    iter::from_fn(move || {
        let tag = varint(&mut message)?;
        let content = match tag & 7 {
            0 => Content::Number(varint(&mut message)?),
            1 => Content::Bytes(message.split_off(..8)?),
            2 => Content::Bytes(delimited(&mut message)?),
            5 => Content::Bytes(message.split_off(..4)?),
            _ => return None,
        };
        Some((tag >> 3, content))
    })
}

fn delimited<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(varint(rest)?).ok()?;
    rest.split_off(..length)
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *rest.split_off_first()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// A number of type `sint32`.
fn signed(value: u64) -> Option<i32> {
    let half = i32::try_from(value >> 1).ok()?;
    Some(if value & 1 == 0 { half } else { -half - 1 })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::exposition::{Family, Format, Histogram, Kind, Native, Series, Span, Value};

    fn family(name: &str, native: &[Option<Native>]) -> Family {
        let series = native.iter().enumerate().map(|(index, native)| Series {
            labels: vec![("step".to_owned(), index.to_string())],
            value: Value::Histogram(Histogram {
                native: native.clone(),
                ..Histogram::default()
            }),
            created: None,
        });
        Family {
            name: name.to_owned(),
            help: String::new(),
            kind: Kind::Histogram,
            series: series.collect(),
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let native = |schema, positive| {
            Some(Native {
                schema,
                positive,
                ..Native::default()
            })
        };
        let span = Span {
            start: 3,
            counts: vec![1, 2],
        };
        let own = [native(5, vec![span]), None, native(-4, Vec::new())];
        let families = [
            family("other", &[native(1, Vec::new())]),
            family("own", &own),
        ];
        let mut messages = Format::Protobuf.write(&families);
        let label = |value: &str| vec![("step".to_owned(), value.to_owned())];
        let expected = [(label("0"), 5), (label("2"), -4)];
        assert_eq!(schemas(&messages, "own"), expected);
        messages.truncate(messages.len() - 1);
        assert_eq!(schemas(&messages, "own"), []);
        assert_eq!(schemas(b"<html>", "own"), []);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = schemas(&bytes, "own");
            let _ = signed(u64::MAX - 1);
        }
    }
}

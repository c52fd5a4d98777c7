//! Numbers as ASCII digits, appended to a buffer: what every answer carries is written without `fmt`, which costs several
//! times as much.

/// Appends a number in decimal.
pub fn push_decimal(text: &mut Vec<u8>, number: u64) {
    text.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends the last `N` decimal digits of a number, with leading zeros.
pub fn push_padded<const N: usize>(text: &mut Vec<u8>, mut number: u32) {
    let mut digits = [b'0'; N];
    for digit in digits.iter_mut().rev() {
        *digit = decimal_digit(number % 10);
        number /= 10;
    }
    text.extend_from_slice(&digits);
}

/// Appends bytes in lower-case hex.
pub fn push_hex<const N: usize>(text: &mut Vec<u8>, bytes: [u8; N]) {
    let digits = bytes.map(|byte| HEX[usize::from(byte)]);
    text.extend_from_slice(digits.as_flattened());
}

/// The two hex digits of every byte.
const HEX: [[u8; 2]; 256] = {
    let digits = b"0123456789abcdef";
    let mut table = [[0; 2]; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = [digits[byte >> 4], digits[byte & 0xf]];
        byte += 1;
    }
    table
};

#[expect(clippy::cast_possible_truncation, reason = "below 10")]
fn decimal_digit(number: u32) -> u8 {
    b'0' + number as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn digits_are_those_of_fmt(number: u64, small in 0_u32..1_000_000, wide: u128) {
            let mut text = Vec::new();
            push_decimal(&mut text, number);
            text.push(b'.');
            push_padded::<6>(&mut text, small);
            text.push(b'-');
            push_hex(&mut text, wide.to_be_bytes());
            let expected = format!("{number}.{small:06}-{wide:032x}");
            prop_assert_eq!(String::from_utf8(text).unwrap(), expected);
        }
    }
}

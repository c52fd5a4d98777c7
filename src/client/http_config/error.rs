//! Why a file of credentials cannot be read, without any of its values.

use serde_saphyr::Error;

/// Keys, places and what is expected; the library's own message would show values.
pub fn reason(error: &Error) -> String {
    let what = match error.without_snippet() {
        Error::SerdeUnknownField {
            field, expected, ..
        } => format!(
            "the key `{field}` is not supported here; supported are {}",
            expected.join(", ")
        ),
        Error::DuplicateMappingKey { .. } => "a key is given twice".to_owned(),
        Error::SerdeInvalidType { expected, .. } | Error::SerdeInvalidValue { expected, .. } => {
            format!("unexpected value, expected {expected}")
        }
        Error::Unexpected { expected, .. } => format!("expected {expected}"),
        Error::InvalidScalar { ty, .. } => format!("expected {ty}"),
        Error::NullIntoString { .. } => "a value is missing".to_owned(),
        _ => "neither YAML nor JSON of credentials".to_owned(),
    };
    match error.location() {
        Some(at) => format!("line {}, column {}: {what}", at.line(), at.column()),
        None => what,
    }
}

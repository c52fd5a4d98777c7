//! Reads `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME`:
//! <https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable>.

use opentelemetry_semantic_conventions::resource::{SERVICE_INSTANCE_ID, SERVICE_NAME};

use super::variables::Variables;
use crate::telemetry::error::TelemetryError;

const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
const NAME: &str = "OTEL_SERVICE_NAME";

/// The instance id is in the header of each answer: longer ones exceed what clients accept.
const LONGEST_INSTANCE_ID: usize = 256;

/// The attributes that the environment gives the resource; of those with the same key, the last one counts.
pub fn read(variables: &Variables) -> Result<Vec<(String, String)>, TelemetryError> {
    let mut attributes = Vec::new();
    if let Some(given) = variables.get(ATTRIBUTES)? {
        let refused = |reason| TelemetryError::variable(ATTRIBUTES, given, reason);
        attributes = parse(given).map_err(refused)?;
    }
    if let Some(name) = variables.get(NAME)? {
        attributes.push((SERVICE_NAME.to_owned(), name.to_owned()));
    }
    Ok(attributes)
}

/// `key=value,key=value`, both percent-encoded. Identities that are empty count as not given.
fn parse(given: &str) -> Result<Vec<(String, String)>, String> {
    let members = given.split(',').map(str::trim);
    let mut attributes = Vec::new();
    for member in members.filter(|member| !member.is_empty()) {
        let (key, value) = member
            .split_once('=')
            .ok_or_else(|| format!("`{member}` must be key=value"))?;
        let (key, value) = (decode(key.trim())?, decode(value.trim())?);
        if key.trim().is_empty() {
            return Err(format!("`{member}` has no key"));
        }
        let is_identity = [SERVICE_INSTANCE_ID, SERVICE_NAME].contains(&key.as_str());
        if is_identity && value.trim().is_empty() {
            continue;
        }
        if key == SERVICE_INSTANCE_ID && value.len() > LONGEST_INSTANCE_ID {
            return Err(format!(
                "{key} must be at most {LONGEST_INSTANCE_ID} bytes long: each answer carries it"
            ));
        }
        attributes.push((key, value));
    }
    Ok(attributes)
}

/// Decodes `%XX`. Prometheus takes no NUL in a label, so it is refused.
pub fn decode(text: &str) -> Result<String, String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte != b'%' {
            decoded.push(*byte);
            continue;
        }
        let digits = after.split_at_checked(2);
        let byte = digits.and_then(|(digits, _)| hex(digits));
        decoded.push(byte.ok_or_else(|| {
            format!("`{text}`: a % must be followed by two hex digits; % itself is %25")
        })?);
        rest = &after[2..];
    }
    if decoded.contains(&0) {
        return Err(format!("`{text}`: %00 is not supported"));
    }
    String::from_utf8(decoded).map_err(|_| format!("`{text}` is not UTF-8 once it is decoded"))
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let [high, low] = digits else { return None };
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn attributes(given: &str) -> Result<Vec<(String, String)>, String> {
        let variables = Variables::from([(ATTRIBUTES, given)]);
        read(&variables).map_err(|error| error.to_string())
    }

    fn encode(text: &str) -> String {
        let encoded: Vec<_> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        encoded.concat()
    }

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(own).collect()
    }

    #[test]
    fn keys_and_values_are_percent_decoded_and_trimmed() {
        assert_eq!(
            attributes(" k = a%20b%2Cc%3Dd , host.name=h%C3%A9,x=1=2;3,%2C=,, ").unwrap(),
            owned(&[
                ("k", "a b,c=d"),
                ("host.name", "hé"),
                ("x", "1=2;3"),
                (",", "")
            ])
        );
    }

    #[test]
    fn what_cannot_be_decoded_is_refused_by_the_variable_s_name() {
        let long = format!("service.instance.id={}", "x".repeat(257));
        for bad in [
            "k", "=v", " %20 =v", "k=%", "k=%4", "k=%4g", "k=%ff", "k=%00", &long,
        ] {
            let error = attributes(bad).unwrap_err();
            assert!(error.starts_with(ATTRIBUTES), "{bad}: {error}");
        }
    }

    #[test]
    fn an_empty_identity_is_not_set() {
        assert_eq!(
            attributes("service.instance.id=,service.name= ,service.instance.id=%20").unwrap(),
            []
        );
        let empty = Variables::from([(NAME, " "), (ATTRIBUTES, "")]);
        assert_eq!(read(&empty).unwrap(), []);
    }

    proptest! {
        #[test]
        fn whatever_is_encoded_is_decoded_to_the_same_text(text in "[^\0]*") {
            prop_assert_eq!(decode(&encode(&text)), Ok(text));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text: String) {
            let _ = parse(&text);
        }
    }
}

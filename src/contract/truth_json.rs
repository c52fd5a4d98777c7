//! The JSON of `/truth`: the service writes it, `verify` reads it.

use serde::{Deserialize, Deserializer, Serialize};

/// The response body of `/truth`. Readers require `delay` and `namespace`; the rest may be absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TruthPage {
    /// The declared delay in numbers.
    #[serde(flatten)]
    pub truth: Truth,
    /// `service.instance.id` of the replica.
    #[serde(default)]
    pub instance_id: String,
    /// Prefix of the metric names.
    pub namespace: String,
    /// Share of the requests that get an injected error, from 0 to 1.
    #[serde(default)]
    pub error_rate: f64,
    /// Status code of injected errors.
    #[serde(default)]
    pub error_status: u16,
    /// Counts of timed requests.
    #[serde(default)]
    pub ledger: Ledger,
    /// What wakes the delayed requests, and how late it has been so far.
    #[serde(default)]
    pub clock: ClockError,
    /// Where people look at the same requests. For the live page; not read back.
    #[serde(skip_deserializing)]
    pub links: Links,
}

/// URLs of other tools, as browsers reach them; `null` where none is configured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Links {
    /// One trace; `{trace_id}` stands for its id.
    pub trace: Option<String>,
    /// Prometheus.
    pub prometheus: Option<String>,
    /// Grafana.
    pub grafana: Option<String>,
}

/// A delay in numbers; all times are in seconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// The canonical spec, with the cap.
    pub delay: String,
    /// The seed of the draws, if known.
    pub seed: Option<u64>,
    /// The mean, after the cap.
    #[serde(default)]
    pub mean_seconds: f64,
    /// The longest possible delay, after the cap.
    #[serde(default)]
    pub max_seconds: f64,
    /// Exact quantiles, in increasing order.
    #[serde(default)]
    pub quantiles: Vec<TruthQuantile>,
    /// The native histogram of `native_seconds`.
    #[serde(default)]
    pub native: TruthNative,
    /// One for each finite bound; the probability at +Inf is always 1.
    #[serde(default)]
    pub buckets: Vec<TruthBucket>,
}

/// One quantile, exact and as Prometheus will report it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TruthQuantile {
    /// The probability, from 0 to 1.
    pub q: f64,
    /// The exact value.
    pub seconds: f64,
    /// What `histogram_quantile` returns for these buckets if every measured delay equals the drawn one.
    pub reported_seconds: f64,
    /// reported / exact - 1: 0.05 is 5 % too high. Infinite (`null` in JSON) if only the exact value is 0.
    #[serde(deserialize_with = "null_is_infinite")]
    pub error_ratio: f64,
    /// What `histogram_quantile` returns for a native histogram, under the same condition.
    #[serde(default)]
    pub native_seconds: f64,
    /// native / exact - 1, as `error_ratio`.
    #[serde(default, deserialize_with = "null_is_infinite")]
    pub native_error_ratio: f64,
}

/// The resolution of a native histogram of the delay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TruthNative {
    /// The schema, from -4 to 8: each power of two is divided into 2^schema buckets.
    pub schema: i32,
    /// The number of requests whose range of delays gives this schema, with at most 160 buckets.
    pub requests: u32,
    /// The width of a bucket relative to its lower bound, 2^(2^-schema) - 1: where estimate and exact value are in the
    /// same bucket, the error ratio is below it.
    pub max_error_ratio: f64,
}

/// The share of the delays within one bucket's upper bound.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TruthBucket {
    /// The upper bound.
    pub le: f64,
    /// The probability of a delay of at most `le`.
    pub probability: f64,
}

/// accepted = completed + cancelled once idle, and never less in between.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ledger {
    /// Timed requests that entered the service.
    pub accepted: u64,
    /// Answered.
    pub completed: u64,
    /// The client disconnected before the response.
    pub cancelled: u64,
    /// Rejected because of load.
    pub rejected: u64,
    /// Requests that overrode the declared delay or status.
    pub overrides: u64,
}

/// Measured wait minus drawn delay, over all waits so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClockError {
    /// How many waits there were.
    pub waits: u64,
    /// The mean.
    pub mean_seconds: f64,
    /// Upper bound of the bucket that holds the 99th percentile; `null` above the last one.
    pub p99_below_seconds: Option<f64>,
    /// The timer that ended them: `timerfd` or `thread`; empty if unknown.
    pub timer: String,
}

fn null_is_infinite<'de, D: Deserializer<'de>>(given: D) -> Result<f64, D::Error> {
    let number = Option::<f64>::deserialize(given)?;
    Ok(number.unwrap_or(f64::INFINITY))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_read_back(delay: String, instance_id: String, namespace: String) {
            let truth = Truth { delay, ..Truth::default() };
            let written = TruthPage { truth, instance_id, namespace, ..TruthPage::default() };
            let text = serde_json::to_string_pretty(&written).unwrap();
            prop_assert_eq!(serde_json::from_str::<TruthPage>(&text).unwrap(), written);
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let written = TruthPage {
            truth: Truth {
                delay: "constant(0s)".to_owned(),
                seed: Some(u64::MAX),
                quantiles: vec![TruthQuantile {
                    q: 0.5,
                    seconds: 0.0,
                    reported_seconds: 0.5,
                    error_ratio: f64::INFINITY,
                    native_seconds: 0.0,
                    native_error_ratio: f64::INFINITY,
                }],
                native: TruthNative {
                    schema: -4,
                    requests: 1,
                    max_error_ratio: 65_535.0,
                },
                ..Truth::default()
            },
            namespace: "x".to_owned(),
            ..TruthPage::default()
        };
        let text = serde_json::to_string(&written).unwrap();
        assert_eq!(serde_json::from_str::<TruthPage>(&text).unwrap(), written);
    }

    #[test]
    fn only_the_delay_and_the_namespace_are_required() {
        let least = r#"{"delay":"constant(1s)","seed":null,"namespace":"x"}"#;
        let read: TruthPage = serde_json::from_str(least).unwrap();
        assert_eq!(
            (read.truth.seed, read.truth.delay.as_str()),
            (None, "constant(1s)")
        );
        assert!(serde_json::from_str::<TruthPage>(r#"{"delay":"constant(1s)"}"#).is_err());
        let before_native = r#"{"q":0.5,"seconds":1.0,"reported_seconds":1.5,"error_ratio":0.5}"#;
        assert!(serde_json::from_str::<TruthQuantile>(before_native).is_ok());
    }

    #[test]
    fn what_an_older_or_newer_service_says_is_read() {
        let written = TruthPage {
            links: Links {
                grafana: Some("http://g".to_owned()),
                ..Links::default()
            },
            ..TruthPage::default()
        };
        let mut json = serde_json::to_value(&written).unwrap();
        assert_eq!(json["links"]["grafana"], "http://g");
        let unread = TruthPage::default();
        let newer = serde_json::json!([{"trace": 1, "logs": "http://l"}, null, "none", []]);
        for links in newer.as_array().unwrap() {
            json["links"] = links.clone();
            json["made_up"] = links.clone();
            let read: TruthPage = serde_json::from_value(json.clone()).unwrap();
            assert_eq!(read, unread, "{links}");
        }
        json.as_object_mut().unwrap().remove("links");
        let read: TruthPage = serde_json::from_value(json).unwrap();
        assert_eq!(read, unread);
    }
}

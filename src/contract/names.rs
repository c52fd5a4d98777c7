//! The names of metrics, labels and span attributes. Renaming one is an edit of this file alone.

/// Default of `--namespace`, the prefix of the metric names.
pub const DEFAULT_NAMESPACE: &str = "cloudnative";

/// The metric that carries the resource attributes, as the OpenTelemetry Prometheus exporter names it.
pub const TARGET_INFO: &str = "target_info";
/// Start of the process, in seconds of Unix time.
pub const PROCESS_START_TIME: &str = "process_start_time_seconds";
/// Spans whose export has ended, well or with an error: one series each, from the start of an exporter.
pub const SPANS_EXPORTED: &str = "otel_sdk_exporter_span_exported_total";
/// Spans that the SDK has processed; those with an error were dropped before the export.
pub const SPANS_PROCESSED: &str = "otel_sdk_processor_span_processed_total";
/// Version of the build; always 1.
pub const BUILD_INFO: &str = "httpserver_build_info";

/// Labels of the service's own metrics.
pub mod label {
    /// What the time was spent on; see [`Step`](super::Step).
    pub const STEP: &str = "step";
    /// Upper bound of a bucket, in seconds.
    pub const LE: &str = "le";
    /// A probability, from 0 to 1.
    pub const QUANTILE: &str = "q";
    /// The spec of the declared delay.
    pub const DELAY: &str = "delay";
    /// The seed of the draws.
    pub const SEED: &str = "seed";
    /// Why a request was rejected.
    pub const REASON: &str = "reason";
    /// The version of the build.
    pub const VERSION: &str = "version";
    /// Why a span was not exported; absent where it was.
    pub const ERROR_TYPE: &str = "error_type";
    /// `service.instance.id`, as `target_info` has it.
    pub const INSTANCE_ID: &str = "service_instance_id";
}

/// Span attributes beside those of the OpenTelemetry conventions.
pub mod attribute {
    /// The drawn delay, in nanoseconds.
    pub const DRAWN_NS: &str = "httpserver.delay.drawn_ns";
    /// The measured total, in nanoseconds.
    pub const TOTAL_NS: &str = "httpserver.total_ns";
}

/// What a recorded time was spent on: the value of the label `step`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The measured wait.
    Delay,
    /// From entering the service until the response is built.
    Total,
    /// From entering the service until the client disconnected.
    Cancelled,
}

impl Step {
    /// The value of the label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delay => "delay",
            Self::Total => "total",
            Self::Cancelled => "cancelled",
        }
    }

    /// The step with this label value.
    #[must_use]
    pub fn from_label(value: &str) -> Option<Self> {
        [Self::Delay, Self::Total, Self::Cancelled]
            .into_iter()
            .find(|step| step.as_str() == value)
    }
}

/// A metric of this service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Histogram of times, by [`Step`].
    ExecutionLatency,
    /// Timed requests that entered.
    RequestsAccepted,
    /// Requests rejected because of load, by reason.
    RequestsRejected,
    /// Requests that overrode the declared delay or status.
    DelayOverrides,
    /// Histogram of measured wait minus drawn delay.
    DelayError,
    /// Exact quantiles of the declared delay.
    TruthQuantile,
    /// The declared delay and the seed; always 1.
    DelayInfo,
}

/// Which sample of a metric a name denotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The value of a counter or gauge.
    Value,
    /// One bucket of a histogram.
    Bucket,
    /// The number of observations.
    Count,
    /// The sum of observations.
    Sum,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::ExecutionLatency,
        Self::RequestsAccepted,
        Self::RequestsRejected,
        Self::DelayOverrides,
        Self::DelayError,
        Self::TruthQuantile,
        Self::DelayInfo,
    ];

    /// The name of the OpenTelemetry instrument, and the suffix that the Prometheus exporter adds for its unit or type.
    const fn parts(self) -> (&'static str, &'static str) {
        match self {
            Self::ExecutionLatency => ("execution_latency", "_seconds"),
            Self::RequestsAccepted => ("requests_accepted", "_total"),
            Self::RequestsRejected => ("requests_rejected", "_total"),
            Self::DelayOverrides => ("delay_overrides", "_total"),
            Self::DelayError => ("delay_error", "_seconds"),
            Self::TruthQuantile => ("truth_quantile", "_seconds"),
            Self::DelayInfo => ("delay_info", ""),
        }
    }
}

/// The names of this service's metrics in one namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names(String);

impl Names {
    /// Names that begin with `namespace` and `_`.
    #[must_use]
    pub fn new(namespace: &str) -> Self {
        Self(namespace.to_owned())
    }

    /// The prefix.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.0
    }

    /// The name of the OpenTelemetry instrument.
    #[must_use]
    pub fn instrument(&self, metric: Metric) -> String {
        format!("{}_{}", self.0, metric.parts().0)
    }

    /// The name of the metric family in an exposition.
    #[must_use]
    pub fn family(&self, metric: Metric) -> String {
        let (name, suffix) = metric.parts();
        format!("{}_{name}{suffix}", self.0)
    }

    /// The name of the buckets of a histogram.
    #[must_use]
    pub fn bucket(&self, metric: Metric) -> String {
        self.family(metric) + "_bucket"
    }

    /// What a sample's name denotes; `None` for other metrics.
    #[must_use]
    pub fn read(&self, name: &str) -> Option<(Metric, Part)> {
        let rest = name.strip_prefix(self.0.as_str())?.strip_prefix('_')?;
        Metric::ALL.into_iter().find_map(|metric| {
            let (name, suffix) = metric.parts();
            let part = match rest.strip_prefix(name)?.strip_prefix(suffix)? {
                "" => Part::Value,
                "_bucket" => Part::Bucket,
                "_count" => Part::Count,
                "_sum" => Part::Sum,
                _ => return None,
            };
            Some((metric, part))
        })
    }
}

/// Reads a namespace.
///
/// # Errors
/// When metric names cannot start with it.
pub fn parse_namespace(given: &str) -> Result<String, String> {
    let starts_well = given.starts_with(|first: char| first.is_ascii_alphabetic());
    let is_made_of = given
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if starts_well && is_made_of && given.len() <= 64 && !given.ends_with('_') {
        Ok(given.to_owned())
    } else {
        Err(
            "must start with a letter, contain only letters, digits and _, not end with _, and be at most 64 long"
                .to_owned(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// <https://prometheus.io/docs/concepts/data_model/>, without the colon, which is for recording rules.
        #[test]
        fn a_namespace_that_is_taken_makes_valid_names(given in "[a-zA-Z0-9_:é. -]{0,6}|.{0,70}") {
            let Ok(namespace) = parse_namespace(&given) else {
                return Ok(());
            };
            let name = Names::new(&namespace).bucket(Metric::ExecutionLatency);
            let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            prop_assert!(name.bytes().all(is_part), "{name}");
            prop_assert!(!name.starts_with(|first: char| first.is_ascii_digit()), "{name}");
        }
    }

    #[test]
    fn each_name_is_read_back_as_its_metric() {
        let names = Names::new("x");
        for metric in Metric::ALL {
            let family = names.family(metric);
            assert_eq!(names.read(&family), Some((metric, Part::Value)), "{family}");
            let sum = names.read(&format!("{family}_sum"));
            assert_eq!(sum, Some((metric, Part::Sum)), "{family}");
            assert_eq!(Names::new("y").read(&family), None);
            assert_eq!(names.read(&format!("x{family}")), None);
        }
        assert_eq!(
            names.bucket(Metric::ExecutionLatency),
            "x_execution_latency_seconds_bucket"
        );
    }

    #[test]
    fn each_step_is_read_from_its_label() {
        for step in [Step::Delay, Step::Total, Step::Cancelled] {
            assert_eq!(Step::from_label(step.as_str()), Some(step));
        }
        assert_eq!(Step::from_label("Total"), None);
    }
}

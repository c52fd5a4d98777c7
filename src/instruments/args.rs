//! What a user may choose about metrics: the namespace and the bucket bounds of the latency histogram.

use crate::buckets::Buckets;

/// Flags for the names and bounds of the service's own metrics.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Metrics")]
pub struct MetricArgs {
    /// First word of the names of the service's own metrics
    #[arg(long, env = "HTTPSERVER_NAMESPACE", default_value = "cloudnative", value_parser = namespace)]
    pub namespace: String,

    /// Bucket bounds of the latency histogram, in seconds: exponential(START,FACTOR,COUNT), linear(START,WIDTH,COUNT),
    /// semconv (what the OpenTelemetry HTTP conventions advise), or a list such as 0.1,0.5,1,2
    #[arg(long, env = "HTTPSERVER_BUCKETS", default_value_t)]
    pub buckets: Buckets,
}

impl Default for MetricArgs {
    fn default() -> Self {
        Self {
            namespace: "cloudnative".to_owned(),
            buckets: Buckets::default(),
        }
    }
}

impl MetricArgs {
    pub(super) fn name(&self, name: &str) -> String {
        format!("{}_{name}", self.namespace)
    }
}

fn namespace(given: &str) -> Result<String, String> {
    let starts_well = given
        .bytes()
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic());
    let is_made_of = given
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if starts_well && is_made_of && given.len() <= 64 && !given.ends_with('_') {
        Ok(given.to_owned())
    } else {
        Err(
            "must begin with a letter, hold only letters, digits and _, and be at most 64 long"
                .to_owned(),
        )
    }
}

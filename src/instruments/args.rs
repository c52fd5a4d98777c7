//! What a user may choose about metrics: the namespace and the bucket bounds of the latency histogram.

use crate::{
    buckets::Buckets,
    contract::{
        Names,
        names::{DEFAULT_NAMESPACE, parse_namespace},
    },
};

/// Flags for the names and bounds of the service's own metrics.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Metrics")]
pub struct MetricArgs {
    /// First word of the names of the service's own metrics
    #[arg(long, env = "HTTPSERVER_NAMESPACE", default_value = DEFAULT_NAMESPACE, value_parser = parse_namespace)]
    pub namespace: String,

    /// Bucket bounds of the latency histogram, in seconds: exponential(START,FACTOR,COUNT), linear(START,WIDTH,COUNT),
    /// semconv (what the OpenTelemetry HTTP conventions advise), or a list such as 0.1,0.5,1,2
    #[arg(long, env = "HTTPSERVER_BUCKETS", default_value_t)]
    pub buckets: Buckets,
}

impl Default for MetricArgs {
    fn default() -> Self {
        Self::named(DEFAULT_NAMESPACE)
    }
}

impl MetricArgs {
    /// The default buckets, with names that begin with `namespace`.
    #[must_use]
    pub fn named(namespace: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            buckets: Buckets::default(),
        }
    }

    /// The names of the service's own metrics.
    #[must_use]
    pub fn names(&self) -> Names {
        Names::new(&self.namespace)
    }
}

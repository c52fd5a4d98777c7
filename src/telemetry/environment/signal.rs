//! The signals that are exported by OTLP, and the variables of each exporter: its own, and then the generic one.

/// The variables of one signal's exporter. Of a pair, the first that is set counts.
#[derive(Debug)]
pub struct Signal {
    /// The signal in a sentence.
    pub name: &'static str,
    /// Names the exporters of the signal.
    pub exporter: &'static str,
    /// Its other values that say what is so anyway.
    pub known: &'static [&'static str],
    /// Why any other value has no effect; `None` where it is refused.
    pub note: Option<&'static str>,
    /// The endpoints that start the export.
    pub starts: &'static [&'static str],
    /// Where the signal goes below a generic endpoint over HTTP.
    pub path: &'static str,
    pub endpoint: [&'static str; 2],
    pub protocol: [&'static str; 2],
    pub headers: [&'static str; 2],
    pub timeout: [&'static str; 2],
    pub compression: [&'static str; 2],
    pub insecure: [&'static str; 2],
    pub certificate: [&'static str; 2],
    pub client_certificate: [&'static str; 2],
    pub client_key: [&'static str; 2],
    /// How the names of the variables begin that matter only where the signal is exported.
    pub prefixes: &'static [&'static str],
}

macro_rules! both {
    ($signal:literal, $what:literal) => {
        [
            concat!("OTEL_EXPORTER_OTLP_", $signal, "_", $what),
            concat!("OTEL_EXPORTER_OTLP_", $what),
        ]
    };
}

macro_rules! signal {
    ($signal:literal, $path:literal, $($field:ident: $value:expr),*) => {
        Signal {
            $($field: $value,)*
            exporter: concat!("OTEL_", $signal, "_EXPORTER"),
            path: $path,
            endpoint: both!($signal, "ENDPOINT"),
            protocol: both!($signal, "PROTOCOL"),
            headers: both!($signal, "HEADERS"),
            timeout: both!($signal, "TIMEOUT"),
            compression: both!($signal, "COMPRESSION"),
            insecure: both!($signal, "INSECURE"),
            certificate: both!($signal, "CERTIFICATE"),
            client_certificate: both!($signal, "CLIENT_CERTIFICATE"),
            client_key: both!($signal, "CLIENT_KEY"),
        }
    };
}

pub const TRACES: Signal = signal!(
    "TRACES", "/v1/traces",
    name: "spans",
    known: &["none"],
    note: None,
    starts: &["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"],
    prefixes: &["OTEL_EXPORTER_OTLP_TRACES_", "OTEL_BSP_", "OTEL_TRACES_SAMPLER"]
);

pub const METRICS: Signal = signal!(
    "METRICS", "/v1/metrics",
    name: "metrics",
    known: &["prometheus"],
    note: Some("metrics are at `/metrics` for Prometheus, always"),
    starts: &["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"],
    prefixes: &["OTEL_EXPORTER_OTLP_METRICS_", "OTEL_METRIC_EXPORT_"]
);

pub const LOGS: Signal = signal!(
    "LOGS", "/v1/logs",
    name: "logs",
    known: &["none", "console"],
    note: Some("logs go to stderr, always"),
    starts: &["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"],
    prefixes: &["OTEL_EXPORTER_OTLP_LOGS_", "OTEL_BLRP_"]
);

/// All of them.
pub const ALL: [&Signal; 3] = [&TRACES, &METRICS, &LOGS];

impl Signal {
    /// Whether a variable matters only where this signal is exported.
    pub fn owns(&self, variable: &str) -> bool {
        self.prefixes.iter().any(|own| variable.starts_with(own))
    }

    /// The exporter's own variables, with what they hold.
    pub fn own(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let [endpoint, _] = self.endpoint;
        let others = [
            self.protocol,
            self.headers,
            self.timeout,
            self.compression,
            self.insecure,
            self.certificate,
            self.client_certificate,
            self.client_key,
        ];
        let others = others.map(|[own, _]| (own, "before the generic one"));
        [(endpoint, "the URL as it is, before the generic one")]
            .into_iter()
            .chain(others)
    }
}

/// Whether a variable is one of the exporters of all signals.
pub fn is_generic(variable: &str) -> bool {
    variable.starts_with("OTEL_EXPORTER_OTLP_") && !ALL.iter().any(|signal| signal.owns(variable))
}

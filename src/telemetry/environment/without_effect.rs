//! The variables that have no effect here, and why.

use super::treatment::Treatment::{self, Fixed, NoEffect};

/// What is done with some variables, why, and their names.
pub type Group = (Treatment, &'static str, &'static [&'static str]);

pub const WITHOUT_EFFECT: &[Group] = &[
    (
        NoEffect,
        "entities are not supported: use `OTEL_RESOURCE_ATTRIBUTES`",
        &["OTEL_ENTITIES"],
    ),
    (NoEffect, "use `RUST_LOG`", &["OTEL_LOG_LEVEL"]),
    (
        Fixed(&["prometheus"]),
        "metrics are at `/metrics` for Prometheus, always",
        &["OTEL_METRICS_EXPORTER"],
    ),
    (
        Fixed(&["none", "console"]),
        "logs go to stderr: a collector reads them there",
        &["OTEL_LOGS_EXPORTER"],
    ),
    (
        NoEffect,
        "batches are exported one after another",
        &["OTEL_BSP_MAX_CONCURRENT_EXPORTS"],
    ),
    (
        NoEffect,
        "the SDK does not shorten values",
        &[
            "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
            "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        ],
    ),
    (
        NoEffect,
        "logs are not exported: they go to stderr",
        &[
            "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT",
            "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
            "OTEL_BLRP_SCHEDULE_DELAY",
            "OTEL_BLRP_EXPORT_TIMEOUT",
            "OTEL_BLRP_MAX_QUEUE_SIZE",
            "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
        ],
    ),
    (
        NoEffect,
        "metrics are at `/metrics` for Prometheus, not exported",
        &[
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
            "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
            "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
            "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
            "OTEL_EXPORTER_OTLP_METRICS_COMPRESSION",
            "OTEL_EXPORTER_OTLP_METRICS_INSECURE",
            "OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY",
        ],
    ),
    (
        NoEffect,
        "logs are not exported: they go to stderr",
        &[
            "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
            "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
            "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
            "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT",
            "OTEL_EXPORTER_OTLP_LOGS_COMPRESSION",
            "OTEL_EXPORTER_OTLP_LOGS_INSECURE",
            "OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY",
        ],
    ),
    (
        NoEffect,
        "there are no profiles",
        &[
            "OTEL_EXPORTER_OTLP_PROFILES_ENDPOINT",
            "OTEL_EXPORTER_OTLP_PROFILES_PROTOCOL",
            "OTEL_EXPORTER_OTLP_PROFILES_HEADERS",
            "OTEL_EXPORTER_OTLP_PROFILES_TIMEOUT",
            "OTEL_EXPORTER_OTLP_PROFILES_COMPRESSION",
            "OTEL_EXPORTER_OTLP_PROFILES_INSECURE",
            "OTEL_EXPORTER_OTLP_PROFILES_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_PROFILES_CLIENT_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_PROFILES_CLIENT_KEY",
        ],
    ),
    (
        NoEffect,
        "metrics are at `/metrics` for Prometheus, not exported",
        &[
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
        ],
    ),
    (
        NoEffect,
        "obsolete: use `OTEL_EXPORTER_OTLP_INSECURE`",
        &[
            "OTEL_EXPORTER_OTLP_SPAN_INSECURE",
            "OTEL_EXPORTER_OTLP_METRIC_INSECURE",
        ],
    ),
    (
        NoEffect,
        "spans are exported by OTLP",
        &[
            "OTEL_EXPORTER_ZIPKIN_ENDPOINT",
            "OTEL_EXPORTER_ZIPKIN_TIMEOUT",
            "OTEL_EXPORTER_ZIPKIN_PROTOCOL",
        ],
    ),
    (
        NoEffect,
        "spans are exported by OTLP, which Jaeger takes",
        &[
            "OTEL_EXPORTER_JAEGER_PROTOCOL",
            "OTEL_EXPORTER_JAEGER_ENDPOINT",
            "OTEL_EXPORTER_JAEGER_TIMEOUT",
            "OTEL_EXPORTER_JAEGER_USER",
            "OTEL_EXPORTER_JAEGER_PASSWORD",
            "OTEL_EXPORTER_JAEGER_AGENT_HOST",
            "OTEL_EXPORTER_JAEGER_AGENT_PORT",
            "OTEL_EXPORTER_JAEGER_AGENT_ENDPOINT",
        ],
    ),
    (
        NoEffect,
        "use `--metrics-listen`",
        &[
            "OTEL_EXPORTER_PROMETHEUS_HOST",
            "OTEL_EXPORTER_PROMETHEUS_PORT",
        ],
    ),
    (
        NoEffect,
        "there are no exemplars",
        &["OTEL_METRICS_EXEMPLAR_FILTER"],
    ),
    (
        NoEffect,
        "metrics are read by scrapes, not exported",
        &["OTEL_METRIC_EXPORT_INTERVAL", "OTEL_METRIC_EXPORT_TIMEOUT"],
    ),
    (
        NoEffect,
        "declarative configuration is not supported: the file is not read",
        &["OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE"],
    ),
    (
        NoEffect,
        "the stable HTTP conventions are used",
        &["OTEL_SEMCONV_STABILITY_OPT_IN"],
    ),
    (
        NoEffect,
        "the methods are those of RFC 9110 and PATCH",
        &["OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS"],
    ),
];

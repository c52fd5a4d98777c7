//! The variables that have no effect here, and why.

/// Why some variables have no effect, and their names.
pub type Group = (&'static str, &'static [&'static str]);

pub const WITHOUT_EFFECT: &[Group] = &[
    (
        "entities are not supported: use `OTEL_RESOURCE_ATTRIBUTES`",
        &["OTEL_ENTITIES"],
    ),
    ("use `RUST_LOG`", &["OTEL_LOG_LEVEL"]),
    (
        "batches are exported one after another",
        &["OTEL_BSP_MAX_CONCURRENT_EXPORTS"],
    ),
    (
        "the SDK does not shorten values",
        &[
            "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
            "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        ],
    ),
    (
        "the SDK does not limit log records",
        &[
            "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT",
            "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        ],
    ),
    (
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
        "obsolete: use `OTEL_EXPORTER_OTLP_INSECURE`",
        &[
            "OTEL_EXPORTER_OTLP_SPAN_INSECURE",
            "OTEL_EXPORTER_OTLP_METRIC_INSECURE",
        ],
    ),
    (
        "spans are exported by OTLP",
        &[
            "OTEL_EXPORTER_ZIPKIN_ENDPOINT",
            "OTEL_EXPORTER_ZIPKIN_TIMEOUT",
            "OTEL_EXPORTER_ZIPKIN_PROTOCOL",
        ],
    ),
    (
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
        "use `--metrics-listen`",
        &[
            "OTEL_EXPORTER_PROMETHEUS_HOST",
            "OTEL_EXPORTER_PROMETHEUS_PORT",
        ],
    ),
    (
        "exemplars are of sampled requests (`trace_based`)",
        &["OTEL_METRICS_EXEMPLAR_FILTER"],
    ),
    (
        "declarative configuration is not supported: the file is not read",
        &["OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE"],
    ),
    (
        "the stable HTTP conventions are used",
        &["OTEL_SEMCONV_STABILITY_OPT_IN"],
    ),
    (
        "the methods are those of RFC 9110 and PATCH",
        &["OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS"],
    ),
];

//! The variables that have effect, with their values; those of one signal's exporter are in `signal`.

/// Name and values.
pub const HONOURED: &[(&str, &str)] = &[
    (
        "OTEL_SDK_DISABLED",
        "`true` or `false` (default); `true`: nothing is exported; `/metrics` and the log stay",
    ),
    (
        "OTEL_RESOURCE_ATTRIBUTES",
        "`key=value,key=value`, percent-encoded: attributes of spans and labels of `target_info`",
    ),
    (
        "OTEL_SERVICE_NAME",
        "`service.name`; before that of `OTEL_RESOURCE_ATTRIBUTES`; default `httpserver`",
    ),
    (
        "OTEL_PROPAGATORS",
        "`tracecontext`, `baggage`, `none`; default `tracecontext,baggage`",
    ),
    (
        "OTEL_TRACES_SAMPLER",
        "`always_on`, `always_off`, `traceidratio`, and each after `parentbased_`; default `parentbased_always_on`",
    ),
    (
        "OTEL_TRACES_SAMPLER_ARG",
        "the ratio of `traceidratio`: a number from 0 to 1",
    ),
    (
        "OTEL_TRACES_EXPORTER",
        "`otlp` or `none`; unset: `otlp` where an endpoint is set",
    ),
    (
        "OTEL_METRICS_EXPORTER",
        "`otlp`, `prometheus` or both; other values are warned of, since `/metrics` is there always; unset: `otlp` where the endpoint of metrics is set",
    ),
    (
        "OTEL_LOGS_EXPORTER",
        "`otlp`, `console`, `none`; other values are warned of, since logs go to stderr always; unset: `otlp` where the endpoint of logs is set",
    ),
    (
        "OTEL_METRIC_EXPORT_INTERVAL",
        "milliseconds between exports, 1 to 86400000; default 60000",
    ),
    (
        "OTEL_METRIC_EXPORT_TIMEOUT",
        "milliseconds, 1 to 86400000; default 30000; the shorter one of this and the exporter's timeout counts",
    ),
    (
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
        "`cumulative` (default), `delta`, `lowmemory`",
    ),
    (
        "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
        "`explicit_bucket_histogram` (default; with the bounds of the scrape), `base2_exponential_bucket_histogram`",
    ),
    (
        "OTEL_BLRP_SCHEDULE_DELAY",
        "milliseconds between exports, 1 to 86400000; default 1000",
    ),
    (
        "OTEL_BLRP_EXPORT_TIMEOUT",
        "milliseconds, 1 to 86400000; default 30000; the shorter one of this and the exporter's timeout counts",
    ),
    (
        "OTEL_BLRP_MAX_QUEUE_SIZE",
        "log records that may wait, 1 to 1000000; default 65536",
    ),
    (
        "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
        "log records, 1 to the size of the queue; default 512",
    ),
    (
        "OTEL_BSP_SCHEDULE_DELAY",
        "milliseconds between exports, 1 to 86400000; default 5000",
    ),
    (
        "OTEL_BSP_EXPORT_TIMEOUT",
        "milliseconds, 1 to 86400000; default 30000; the shorter one of this and the exporter's timeout counts",
    ),
    (
        "OTEL_BSP_MAX_QUEUE_SIZE",
        "spans that may wait, 1 to 1000000; default 65536",
    ),
    (
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
        "spans, 1 to the size of the queue; default 512",
    ),
    (
        "OTEL_ATTRIBUTE_COUNT_LIMIT",
        "attributes of a span, event or link; default 128",
    ),
    (
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
        "attributes of a span; default 128",
    ),
    (
        "OTEL_SPAN_EVENT_COUNT_LIMIT",
        "events of a span; default 128",
    ),
    ("OTEL_SPAN_LINK_COUNT_LIMIT", "links of a span; default 128"),
    (
        "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
        "attributes of an event; default 128",
    ),
    (
        "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
        "attributes of a link; default 128",
    ),
    (
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "a URL; default `http://localhost:4318`, with gRPC `http://localhost:4317`; over HTTP, the path of the signal, such as `/v1/traces`, is added",
    ),
    (
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "`http/protobuf` (default) or `grpc`",
    ),
    (
        "OTEL_EXPORTER_OTLP_HEADERS",
        "`name=value,name=value`, values percent-encoded",
    ),
    (
        "OTEL_EXPORTER_OTLP_TIMEOUT",
        "milliseconds of one export with its retries, 1 to 86400000; default 10000",
    ),
    (
        "OTEL_EXPORTER_OTLP_COMPRESSION",
        "`gzip` or `none` (default)",
    ),
    (
        "OTEL_EXPORTER_OTLP_INSECURE",
        "`true` or `false` (default): gRPC without TLS, where the endpoint has no scheme",
    ),
    (
        "OTEL_EXPORTER_OTLP_CERTIFICATE",
        "PEM file of the only authorities that are trusted; default those of the system",
    ),
    (
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
        "PEM file of the client's certificate chain; needs the key",
    ),
    (
        "OTEL_EXPORTER_OTLP_CLIENT_KEY",
        "PEM file of the client's private key; needs the certificate",
    ),
];

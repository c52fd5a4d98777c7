//! Right and wrong values of every variable.

use opentelemetry_sdk::{metrics::Temporality, trace::Sampler};

use super::*;

const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318");

fn read<const N: usize>(pairs: [(&str, &str); N]) -> Settings {
    Settings::read(&Variables::from(pairs)).unwrap()
}

fn refusal<const N: usize>(pairs: [(&str, &str); N]) -> String {
    Settings::read(&Variables::from(pairs))
        .unwrap_err()
        .to_string()
}

fn otlp<const N: usize>(pairs: [(&str, &str); N]) -> Otlp {
    read(pairs).traces.unwrap().otlp
}

#[test]
fn without_an_endpoint_nothing_is_exported_and_what_has_no_effect_is_named() {
    assert!(read([]).traces.is_none());
    assert_eq!(read([]).warnings, [""; 0]);
    let protocol = read([("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]);
    assert!(protocol.traces.is_none());
    assert!(protocol.warnings[0].starts_with("OTEL_EXPORTER_OTLP_PROTOCOL: no effect"));
}

#[test]
fn an_exporter_that_is_named_exports_to_the_default_endpoint() {
    let http = otlp([("OTEL_TRACES_EXPORTER", "OTLP")]);
    assert_eq!(http.endpoint.as_str(), "http://localhost:4318/v1/traces");
    let grpc = otlp([
        ("OTEL_TRACES_EXPORTER", "otlp"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "GRPC"),
    ]);
    assert_eq!(grpc.endpoint.as_str(), "http://localhost:4317/");
    assert_eq!(grpc.protocol, Protocol::Grpc);
}

#[test]
fn a_disabled_sdk_exports_nothing_wherever_the_endpoint() {
    for off in [
        ("OTEL_SDK_DISABLED", "True"),
        ("OTEL_TRACES_EXPORTER", "NONE"),
    ] {
        let settings = read([ENDPOINT, off]);
        assert!(settings.traces.is_none(), "{off:?}");
        assert_eq!(settings.warnings, [""; 0], "{off:?}");
    }
    let odd = read([ENDPOINT, ("OTEL_SDK_DISABLED", "yes")]);
    assert!(odd.traces.is_some());
    assert!(odd.warnings[0].starts_with("OTEL_SDK_DISABLED=`yes`"));
}

#[test]
fn the_variable_of_traces_comes_before_the_generic_one_unless_it_is_empty() {
    let own = otlp([
        ENDPOINT,
        (
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "https://own:1/path?a=b",
        ),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "7"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "8"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", " "),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=b%20c, d=e=f"),
    ]);
    assert_eq!(own.endpoint.as_str(), "https://own:1/path?a=b");
    assert_eq!(own.protocol, Protocol::Grpc);
    assert_eq!(own.timeout.as_millis(), 7);
    assert_eq!(own.headers[0].1, "b c");
    assert_eq!(own.headers[1].1, "e=f");
}

#[test]
fn the_variables_of_metrics_and_logs_come_before_the_generic_ones() {
    let settings = read([
        ENDPOINT,
        ("OTEL_METRICS_EXPORTER", "otlp"),
        ("OTEL_LOGS_EXPORTER", "otlp"),
        ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "7"),
        ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://logs:1"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "100"),
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "DELTA"),
        (
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
            "base2_exponential_bucket_histogram",
        ),
        ("OTEL_BLRP_SCHEDULE_DELAY", "9"),
        ("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "a=own"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=generic"),
        ("OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE", "own.pem"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "generic.pem"),
    ]);
    let unused = |name, of| format!("{name}: no effect on {of}, since their endpoint is not https");
    let (own, generic) = (
        "OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE",
        "OTEL_EXPORTER_OTLP_CERTIFICATE",
    );
    let expected = [
        unused(generic, "spans"),
        unused(generic, "metrics"),
        unused(own, "logs"),
    ];
    assert_eq!(settings.warnings, expected);
    let MetricExport { otlp, pushes } = settings.metrics.unwrap();
    assert_eq!(otlp.endpoint.as_str(), "http://localhost:4318/v1/metrics");
    assert_eq!(otlp.timeout.as_millis(), 7);
    assert_eq!(
        (otlp.gzip, otlp.headers[0].1.as_bytes()),
        (true, &b"own"[..])
    );
    assert_eq!(pushes.interval.as_millis(), 100);
    assert_eq!(pushes.temporality, Temporality::Delta);
    assert!(pushes.exponential);
    let LogExport { otlp, batch } = settings.logs.unwrap();
    assert_eq!(otlp.endpoint.as_str(), "http://logs:1/");
    assert_eq!(otlp.protocol, Protocol::Grpc);
    assert_eq!(batch.delay.as_millis(), 9);
    assert_eq!(otlp.tls.authorities.unwrap().1, "own.pem");
}

#[test]
fn a_generic_http_endpoint_gets_the_path_of_traces() {
    for (given, expected) in [
        ("http://h:1/", "http://h:1/v1/traces"),
        ("http://h:1/base/", "http://h:1/base/v1/traces"),
        ("HTTPS://h/base", "https://h/base/v1/traces"),
    ] {
        let endpoint = otlp([(ENDPOINT.0, given)]).endpoint;
        assert_eq!(endpoint.as_str(), expected);
    }
}

#[test]
fn a_grpc_endpoint_without_a_scheme_has_tls_unless_insecure() {
    for (insecure, expected) in [("", "https://h:1/"), ("TRUE", "http://h:1/")] {
        let otlp = otlp([
            (ENDPOINT.0, "h:1"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_INSECURE", insecure),
        ]);
        assert_eq!(otlp.endpoint.as_str(), expected);
    }
}

#[test]
fn samplers_are_read_in_any_case() {
    let sampler = |name, argument| {
        let pairs = [
            ENDPOINT,
            ("OTEL_TRACES_SAMPLER", name),
            ("OTEL_TRACES_SAMPLER_ARG", argument),
        ];
        read(pairs).traces.unwrap().sampler
    };
    assert!(matches!(sampler("Always_Off", ""), Sampler::AlwaysOff));
    assert!(matches!(
        sampler("TraceIdRatio", "0.25"),
        Sampler::TraceIdRatioBased(0.25)
    ));
    assert!(matches!(sampler("", ""), Sampler::ParentBased(_)));
    assert!(matches!(
        sampler("parentbased_traceidratio", "1e-3"),
        Sampler::ParentBased(_)
    ));
}

#[test]
fn a_value_that_cannot_be_honoured_is_refused_by_name() {
    for (name, value) in [
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_TRACES_EXPORTER", "otlp,console"),
        ("OTEL_PROPAGATORS", "b3"),
        ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
        ("OTEL_TRACES_SAMPLER", "parentbased_bogus"),
        ("OTEL_BSP_SCHEDULE_DELAY", "0"),
        ("OTEL_BSP_SCHEDULE_DELAY", "-1"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "1s"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "99999999999"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "65537"),
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", "-1"),
        ("OTEL_ATTRIBUTE_COUNT_LIMIT", "many"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "18446744073709551615"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://x"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://x:99999"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://…@x"),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "key.pem"),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "localhost:4318"),
        ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "http/json"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "0"),
        ("OTEL_METRIC_EXPORT_TIMEOUT", "1s"),
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "gamma"),
        (
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
            "summary",
        ),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "0"),
    ] {
        let said = refusal([(name, value)]);
        assert!(said.starts_with(&format!("{name}=`{value}`: ")), "{said}");
    }
    for argument in ["50%", "abc", "2", "-1", "NaN", "inf"] {
        let said = refusal([
            ("OTEL_TRACES_SAMPLER", "traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", argument),
        ]);
        assert!(said.starts_with("OTEL_TRACES_SAMPLER_ARG="), "{said}");
    }
}

#[test]
fn headers_that_are_refused_are_not_repeated_since_they_may_be_secrets() {
    for headers in [
        "authorization",
        "a=b,x y=secret",
        "a=secret%",
        "a=secret%0A",
    ] {
        let said = refusal([("OTEL_EXPORTER_OTLP_HEADERS", headers)]);
        assert!(
            said.contains("OTEL_EXPORTER_OTLP_HEADERS") && !said.contains("secret"),
            "{said}"
        );
    }
}

#[test]
fn every_variable_that_has_no_effect_is_warned_of_by_name() {
    for row in variables().filter(|row| row.treatment != Treatment::Honoured) {
        let warnings = read([(row.name, "otlp")]).warnings;
        assert_eq!(warnings.len(), 1, "{}", row.name);
        assert!(warnings[0].starts_with(row.name), "{warnings:?}");
        assert_eq!(read([(row.name, "")]).warnings, [""; 0], "{}", row.name);
    }
    for unknown in ["OTEL_EXPORTER_OTLP_ENDPIONT", "OTEL_SERVICE_NAMES"] {
        assert!(read([(unknown, "x")]).warnings[0].contains(unknown));
    }
    for not_ours in [
        "OTEL_COLLECTOR_SERVICE_HOST",
        "OTEL_COLLECTOR_PORT",
        "OTEL_COLLECTOR_PORT_4317_TCP",
        "OTEL_RESOURCE_ATTRIBUTES_POD_NAME",
    ] {
        assert_eq!(read([(not_ours, "x")]).warnings, [""; 0]);
    }
    assert_eq!(
        read([("OTEL_METRICS_EXPORTER", "Prometheus")]).warnings,
        [""; 0]
    );
}

#[test]
fn every_variable_is_in_the_table_once() {
    let mut names: Vec<_> = variables().map(|row| row.name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn an_empty_variable_is_an_unset_one() {
    for row in variables() {
        let settings = read([(row.name, " ")]);
        assert_eq!(settings.warnings, [""; 0], "{}", row.name);
        assert!(settings.traces.is_none(), "{}", row.name);
    }
    let batch = read([ENDPOINT, ("OTEL_BSP_MAX_QUEUE_SIZE", "")])
        .traces
        .unwrap()
        .batch;
    assert_eq!((batch.queue, batch.size), (65_536, 512));
}

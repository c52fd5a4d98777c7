//! docs/telemetry.md: every `OTEL_*` variable of the specification, generated from the table of the code.

use std::{env, fmt::Write, fs};

use httpserver::telemetry::{Treatment, variables};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/telemetry.md");

const REGENERATE: &str = "UPDATE=1 cargo test --test cli otel";

/// What precedes the table.
const BEFORE: &str = "\
# Telemetry

The service reads the standard [OpenTelemetry variables](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/)
once, at its start. An empty variable counts as unset; names of exporters, samplers and the like are read in any case.

Without a variable, nothing is exported. Metrics are at `/metrics` and logs go to stderr, always. Over OTLP, beside that, go:

| signal | where one of these is set |
|---|---|
| spans | `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, `OTEL_TRACES_EXPORTER=otlp` |
| metrics | `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`, `OTEL_METRICS_EXPORTER=otlp` |
| logs | `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT`, `OTEL_LOGS_EXPORTER=otlp` |

- **Refused.** A value that cannot be honoured ends the start with exit code 2 and one line that names the variable, its value and
  what is supported. Here the service departs from the specification, which asks for a warning: a setting that falls back to a
  default (a sampler to \"sample everything\") costs more than a start that fails.
- **Warned of.** A variable that has no effect, and a name that begins with `OTEL_` and is unknown, is one warning in the log.

`OTEL_RESOURCE_ATTRIBUTES` is percent-decoded: `,` is `%2C`, `=` is `%3D`, `%` is `%25`. Its attributes are in spans as given,
and labels of `target_info` with names that Prometheus takes: `1st.key` is `_1st_key`. Values whose keys become the same label are
joined by `;`. An empty `service.instance.id` is replaced by a new one; at most 256 bytes are taken.

With `https://`, the authorities of the system are trusted, or only those of `OTEL_EXPORTER_OTLP_CERTIFICATE`. Credentials are
`OTEL_EXPORTER_OTLP_HEADERS`; an endpoint with a user or a password is refused. Redirects are not followed: a status of 3xx is a failed
export. Over HTTP, the exporter uses the proxy of `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` (or in capitals); over gRPC it
uses none, and neither do `load`, `verify` and `healthcheck`.

A failed export is one line in the log with endpoint and cause, and one when exports work again; requests are not affected. A failed
connection and the statuses 429, 502, 503 and 504 (gRPC: `UNAVAILABLE` and the like) are retried up to three times within the exporter's
timeout, no sooner than `Retry-After` (gRPC: `RetryInfo`) asks, of which 30 s count at most. Any other status is not retried. What was not
delivered in the end is lost: the spans and log records of that batch, and deltas; cumulative metrics come again with the next export.

At the end, the service waits up to five seconds for its last spans, metrics and log records; those that were not delivered are one
warning for each signal, and the exit code is the same.

## Metrics over OTLP

```sh
prometheus --web.enable-otlp-receiver
OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://localhost:9090/api/v1/otlp/v1/metrics cargo run --release
OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 OTEL_METRICS_EXPORTER=otlp cargo run --release   # a collector; spans, too
```

The instruments are those of `/metrics`, under their OpenTelemetry names (`http.server.request.duration`), recorded a second time;
`process_*` is only in a scrape. What is exported at the end has the counts of the last scrape. With
`OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION=base2_exponential_bucket_histogram`, histograms have up to 160 exponential
buckets, from scale 20 down; Prometheus stores them as native histograms. `/metrics` stays as it is.

With `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta`, each export has what was added since the last one, and counters that go
up and down stay cumulative. The SDK then exports a gauge only after it was set: `truth_quantile`, `delay_info` and `build_info` are only
in the first export. Prometheus refuses deltas unless its feature `otlp-deltatocumulative` is on.

## Logs over OTLP

With `OTEL_LOGS_EXPORTER=otlp`, every line on stderr is a log record, too, by the same `RUST_LOG`. A record that is logged inside a
request has its trace id and span id. To avoid a feedback loop, the log of the exporters is not exported: lines of `opentelemetry`,
`tonic`, `tower`, `hyper`, `h2` and `reqwest`, and the one that says that an export has failed.

## Traces

A request continues the trace of its `traceparent` where the header is valid and there is exactly one; otherwise a new trace starts,
and `tracestate` is ignored. `httpserver truth --traceparent` reads it by the same rule.

The attribute `url.query` has `REDACTED` for the values of `AWSAccessKeyId`, `Signature`, `sig` and `X-Goog-Signature`, as the HTTP
conventions ask.

## Every variable

";

#[test]
fn the_table_of_variables_is_that_of_the_code() {
    let generated = page();
    if env::var_os("UPDATE").is_some() {
        fs::write(FILE, &generated).unwrap();
    }
    let written = fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        written == generated,
        "docs/telemetry.md is out of date; regenerate it with `{REGENERATE}`"
    );
}

fn page() -> String {
    let mut page = format!("<!-- Generated from the table of the code: {REGENERATE} -->\n{BEFORE}");
    page += "| variable | treatment | values, or why it has no effect |\n|---|---|---|\n";
    for row in variables() {
        let treatment = match row.treatment {
            Treatment::Honoured => "honoured",
            Treatment::NoEffect => "warned of",
        };
        let _ = writeln!(page, "| `{}` | {treatment} | {} |", row.name, row.note);
    }
    page
}

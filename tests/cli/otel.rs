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

Without a variable, no spans are exported: they are where `OTEL_EXPORTER_OTLP_ENDPOINT` (or
`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`) or `OTEL_TRACES_EXPORTER=otlp` is set. Metrics are at `/metrics`, always.

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

A failed export is one line in the log with endpoint and cause, and one when exports work again. At the end, the service waits up
to five seconds for its last spans; those that were not delivered are one warning with their number, and the exit code is the same.

A request continues the trace of its `traceparent` where the header is valid and there is exactly one; otherwise a new trace starts,
and `tracestate` is ignored. `httpserver truth --traceparent` reads it by the same rule.

The attribute `url.query` has `REDACTED` for the values of `AWSAccessKeyId`, `Signature`, `sig` and `X-Goog-Signature`, as the HTTP
conventions ask.

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

//! Right and wrong `OTEL_*` variables, and what the service does with each.

use crate::{
    parts::Service,
    process::{httpserver, stderr},
};

/// Starts a service with these variables; returns its exit code and what it said. It must end by itself.
fn refused(environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = httpserver(&["--listen", "127.0.0.1:0"]);
    let output = command.envs(environment.iter().copied()).output().unwrap();
    (output.status.code(), stderr(&output))
}

#[test]
fn attributes_that_cannot_be_read_are_refused_by_name() {
    for bad in ["k", "=v", "k=%zz", "k=%ff", "k=%00"] {
        let (code, said) = refused(&[("OTEL_RESOURCE_ATTRIBUTES", bad)]);
        assert_eq!(code, Some(2), "{bad}: {said}");
        assert!(
            said.contains("OTEL_RESOURCE_ATTRIBUTES") && said.contains(bad),
            "{said}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf_8_is_refused_by_name() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

    for name in ["OTEL_RESOURCE_ATTRIBUTES", "OTEL_SERVICE_NAME"] {
        let mut command = httpserver(&["--listen", "127.0.0.1:0"]);
        let output = command.env(name, OsStr::from_bytes(b"k=\xff")).output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = stderr(&output);
        assert!(said.contains(name) && said.contains("UTF-8"), "{said}");
    }
}

#[test]
fn a_value_that_cannot_be_honoured_is_one_line_with_its_name_and_exit_code_2() {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:14318"),
        ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "99999999999"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/no/such/file"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "Cargo.toml"),
    ] {
        let (code, said) = refused(&[endpoint, (name, value)]);
        assert_eq!(code, Some(2), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        let words = format!("error: {name}=`{value}`: ");
        assert!(said.starts_with(&words), "{said}");
    }
}

#[test]
fn what_has_no_effect_is_a_warning_in_the_log_from_before_the_log_was_set_up() {
    let environment = [
        ("OTEL_LOGS_EXPORTER", "kafka"),
        ("OTEL_CONFIG_FILE", "otel.yml"),
        ("OTEL_EXPORTER_OTLP_ENDPIONT", "http://typo"),
        ("OTEL_SDK_DISABLED", "1"),
    ];
    let service = Service::start(&["--delay", "constant(0s)"], &environment);
    for (name, _) in environment {
        let line = service.process.line_with(name);
        assert!(line.contains("WARN"), "{line}");
    }
}

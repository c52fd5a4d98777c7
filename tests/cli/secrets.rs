//! Secrets that users type (header values, passwords and tokens in URLs), and everything that must not repeat them.

use clap::{Arg, Command, CommandFactory};
use httpserver::cli::Cli;

use crate::{
    parts::Service,
    process::{httpserver, stderr, stdout},
};

const SECRET: &str = "hunter2";

/// Each is refused where a URL is expected.
const WRONG_URLS: [&str; 5] = [
    "ftp://me:hunter2@h/",
    "me:hunter2@h",
    "http://me:hunter2@h:99999/",
    "http://me:hun/hunter2@h:x?a",
    "http://h:x/?token=hunter2#hunter2",
];

/// The URLs of a subcommand, as arguments with this value.
fn with_url(command: &Command, url: &str) -> Vec<Vec<String>> {
    let name = command.get_name();
    let args = command.get_arguments().filter(|arg| is_url(arg));
    args.map(|arg| match arg.get_long() {
        Some(long) => vec![name.to_owned(), format!("--{long}={url}")],
        None => vec![name.to_owned(), url.to_owned()],
    })
    .collect()
}

fn is_url(arg: &Arg) -> bool {
    let names = arg.get_value_names().unwrap_or_default();
    names.iter().any(|name| name.eq_ignore_ascii_case("url"))
}

fn refusal(args: &[String]) -> String {
    let program = ["httpserver".into()].into_iter();
    let typed = program.chain(args.iter().map(Into::into));
    let error = Cli::read(typed).expect_err(&format!("{args:?}"));
    assert_eq!(error.exit_code(), 2);
    error.to_string()
}

#[test]
fn a_refused_value_is_shown_without_its_secret() {
    let root = Cli::command();
    let mut refused = Vec::new();
    for command in root.get_subcommands() {
        for url in WRONG_URLS {
            refused.extend(with_url(command, url));
        }
    }
    assert!(refused.len() >= 30, "{refused:?}");
    for (subcommand, header) in [
        ("load", "hunter2"),
        ("load", "a b: hunter2"),
        ("verify", "x: hunter2\u{1}"),
    ] {
        refused.push(vec![subcommand.to_owned(), format!("--header={header}")]);
    }
    let typed = "load http://h/ http://me:hunter2@h/?token=hunter2";
    refused.push(typed.split(' ').map(str::to_owned).collect());
    for args in refused {
        let said = refusal(&args);
        assert!(!said.contains(SECRET), "{args:?}: {said}");
        assert!(said.contains('…'), "{args:?}: {said}");
    }
}

#[test]
fn neither_help_nor_an_error_shows_the_secret_of_a_variable() {
    let root = Cli::command();
    let mut count = 0;
    for command in root.get_subcommands() {
        for arg in command.get_arguments().filter(|arg| is_url(arg)) {
            let Some(variable) = arg.get_env() else {
                continue;
            };
            count += 1;
            for (flag, value) in [
                (Some("--help"), "http://me:hunter2@h/?token=hunter2"),
                (Some("-h"), "http://me:hunter2@h/"),
                (None, "ftp://me:hunter2@h/?token=hunter2"),
            ] {
                let typed: Vec<_> = [command.get_name()].into_iter().chain(flag).collect();
                let mut run = httpserver(&typed);
                let output = run.env(variable, value).output().unwrap();
                let said = stdout(&output) + &stderr(&output);
                assert!(!said.contains(SECRET), "{variable:?}, {flag:?}: {said}");
                let name = variable.to_str().unwrap();
                assert!(said.contains(name), "{said}");
            }
        }
    }
    assert!(count >= 8, "{count}");
}

#[test]
fn no_report_shows_the_password_of_a_url() {
    let service = Service::start(&["--delay", "constant(0s)"], &[("HTTPSERVER_SEED", "1")]);
    let url = |path: &str| format!("http://me:hunter2@{}{path}", service.address);
    let (images, missing, other) = (url("/images"), url("/missing"), url("/truth"));
    let short = ["--rate", "20", "--duration", "200ms"];
    let gone = "http://me:hunter2@127.0.0.1:1/images";
    for args in [
        &["load", &images][..],
        &["load", gone],
        &["verify", "--target", &images],
        &["verify", "--target", gone],
        &["verify", "--target", &missing],
        &["verify", "--target", &images, "--metrics", &missing],
        &["verify", "--target", &images, "--metrics", &other],
        &[
            "verify",
            "--target",
            &images,
            "--prometheus",
            gone,
            "--jaeger",
            gone,
        ],
    ] {
        for output in ["text", "json"] {
            let args = [args, &short, &["--output", output]].concat();
            let ended = httpserver(&args).output().unwrap();
            let said = stdout(&ended) + &stderr(&ended);
            assert!(said.contains("http://me@"), "{args:?}: {said}");
            assert!(!said.contains(SECRET), "{args:?}: {said}");
        }
    }
    let asked = httpserver(&["healthcheck", "--url", &missing])
        .output()
        .unwrap();
    assert!(!stderr(&asked).contains(SECRET), "{}", stderr(&asked));
}

#[test]
fn no_variable_of_the_exporter_is_repeated_with_its_secret() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_HEADERS", &b"a=hunter2\xff"[..]),
        ("OTEL_EXPORTER_OTLP_HEADERS", b"authorization: hunter2"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", b"a=hunter2%"),
        ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", b"a=hunter2%"),
        ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", b"hunter2"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", b"ftp://me:hunter2@h"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", b"http://me:hunter2@h"),
        (
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            b"http://h:x/?a=hunter2",
        ),
    ] {
        let mut command = httpserver(&["--listen", "127.0.0.1:0"]);
        let output = command
            .env(name, OsStr::from_bytes(value))
            .output()
            .unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(name) && !said.contains(SECRET), "{said}");
    }
}

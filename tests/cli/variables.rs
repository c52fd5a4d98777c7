//! Variables as fallbacks of flags, over every variable of every subcommand.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt, process::Output};

use clap::{Arg, Command, CommandFactory};
use httpserver::cli::Cli;

use crate::{
    parts::Service,
    process::{httpserver, stderr},
};

const GARBAGE: &str = "?garbage?";

/// Each variable with its flag, or its value's name where it has no flag.
fn variables(command: &Command) -> Vec<(String, String)> {
    let named = |arg: &Arg| {
        let name = arg.get_long().unwrap_or(arg.get_id().as_str());
        Some((arg.get_env()?.to_str()?.to_owned(), name.to_owned()))
    };
    command.get_arguments().filter_map(named).collect()
}

fn all() -> Vec<(String, String)> {
    let root = Cli::command();
    let found: Vec<_> = root.get_subcommands().flat_map(variables).collect();
    assert!(found.len() > 20, "{found:?}");
    found
}

fn run(args: &[&str], environment: &[(&str, &OsStr)]) -> Output {
    let environment = environment.iter().copied();
    httpserver(args).envs(environment).output().unwrap()
}

#[test]
fn a_wrong_variable_is_named_with_its_flag() {
    let root = Cli::command();
    for command in root.get_subcommands() {
        for (variable, flag) in variables(command) {
            for value in [OsStr::new(GARBAGE), OsStr::from_bytes(b"\xff")] {
                let output = run(&[command.get_name()], &[(&variable, value)]);
                let said = stderr(&output);
                assert_eq!(output.status.code(), Some(2), "{variable}: {said}");
                assert!(said.contains(&variable), "{variable}: {said}");
                let names_flag = said.to_lowercase().contains(&flag);
                assert!(names_flag || value != GARBAGE, "{variable}: {said}");
            }
        }
    }
    let output = run(&[], &[("HTTPSERVER_SEED", OsStr::new("-1"))]);
    assert!(stderr(&output).contains("HTTPSERVER_SEED (--seed <N>)"));
}

#[test]
fn a_wrong_flag_is_not_blamed_on_a_variable() {
    let environment = [
        ("HTTPSERVER_SEED", OsStr::new("1")),
        ("HTTPSERVER_DELAY", OsStr::new("constant(1s)")),
    ];
    for args in [
        &["truth", "--seed", "x"][..],
        &["truth", "--no-such-flag"],
        &["truth", "--traceparent", "00-1-2-3"],
    ] {
        let said = stderr(&run(args, &environment));
        assert!(!said.contains("HTTPSERVER_"), "{args:?}: {said}");
    }
}

#[test]
fn a_flag_wins_over_a_wrong_variable() {
    let environment = [("HTTPSERVER_SEED", OsStr::new(GARBAGE))];
    let output = run(&["truth", "--seed", "1"], &environment);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn an_empty_variable_is_unset() {
    let variables = all();
    let empty: Vec<_> = variables
        .iter()
        .map(|(name, _)| (name.as_str(), ""))
        .collect();
    let service = Service::start(&[], &empty);
    succeeds(&service, |_| "");
}

#[test]
fn an_unknown_variable_is_a_warning_unless_kubernetes_sets_it() {
    let environment = [
        ("HTTPSERVER_DELAI", "constant(1ms)"),
        ("HTTPSERVER_SEEDS", ""),
        ("HTTPSERVER_SERVICE_HOST", "10.0.0.1"),
        ("HTTPSERVER_PORT", "tcp://10.0.0.1:80"),
        ("HTTPSERVER_PORT_80_TCP_PROTO", "tcp"),
        ("HTTPSERVER_LOAD_RATE", "5"),
    ];
    let warning = "HTTPSERVER_DELAI has no effect";
    let service = Service::start(&["--seed", "1"], &environment);
    let line = service.process.line_with(warning);
    assert!(line.contains("WARN"), "{line}");
    let log = service.process.said();
    let mut command = httpserver(&["truth"]);
    let truth = command.envs(environment).output().unwrap();
    assert_eq!(truth.status.code(), Some(0));
    for said in [log, stderr(&truth)] {
        assert!(said.contains(warning), "{said}");
        assert_eq!(said.matches("has no effect").count(), 1, "{said}");
    }
}

#[test]
fn a_variable_of_one_subcommand_does_not_affect_another() {
    let service = Service::start::<&str>(&["--delay", "constant(0s)"], &[]);
    let root = Cli::command();
    succeeds(&service, |subcommand| {
        let own = variables(root.find_subcommand(subcommand).unwrap());
        assert!(own.len() < all().len());
        GARBAGE
    });
}

/// Each subcommand that ends by itself succeeds where every variable that is not its own has a value.
fn succeeds(service: &Service, value: impl Fn(&str) -> &'static str) {
    let root = Cli::command();
    let url = |path: &str| format!("http://{}{path}", service.address);
    let (images, ready) = (url("/images"), url("/readyz"));
    let short = ["--rate", "20", "--duration", "200ms"];
    for args in [
        &["truth"][..],
        &["healthcheck", "--url", &ready],
        &[&["load", &images][..], &short].concat(),
        &[
            &["verify", "--target", &images, "--max-clock-error", "10s"][..],
            &short,
        ]
        .concat(),
        &["completions", "bash"],
        &["man"],
        &["man", "serve"],
    ] {
        let own = variables(root.find_subcommand(args[0]).unwrap());
        let value = value(args[0]);
        let variables = all().into_iter();
        let environment = variables.filter(|known| value.is_empty() || !own.contains(known));
        let output = httpserver(args)
            .envs(environment.map(|(name, _)| (name, value)))
            .output()
            .unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{args:?}: {}",
            stderr(&output)
        );
    }
}

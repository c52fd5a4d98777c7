//! Absurd values of every flag: the message says which flag, why, and what instead.

use clap::{Arg, ArgAction, Command, CommandFactory};
use httpserver::cli::Cli;

/// Refused by every flag.
const NEVER_RIGHT: [&str; 3] = ["", "\u{2603}", "a\u{1}b"];

/// Refused by most flags; some of them are a name, a number or a file.
const MOSTLY_WRONG: [&str; 12] = [
    "-1",
    "-1s",
    "NaN",
    "inf",
    "1e400",
    "99999999999999999999999",
    " ",
    "0",
    "0s",
    "5",
    "5x",
    "1,,2",
];

/// Words of errors that do not tell what to write instead.
const UNHELPFUL: [&str; 4] = ["invalid digit", "target type", "..=", "empty string"];

/// One of them begins what to write instead.
const HELPFUL: [&str; 6] = [
    "must",
    "expected",
    "such as",
    "possible values",
    "use ns",
    "cannot be read",
];

fn parse(args: &[&str]) -> Result<(), clap::Error> {
    Cli::read(args.iter().map(Into::into)).map(drop)
}

fn flags(command: &Command) -> impl Iterator<Item = (String, &Arg)> {
    let with_value = |arg: &&Arg| matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    let args = command.get_arguments().filter(with_value);
    args.filter_map(|arg| Some((format!("--{}", arg.get_long()?), arg)))
}

#[test]
fn an_absurd_value_is_refused_with_the_flag_the_reason_and_what_to_write() {
    let root = Cli::command();
    let mut refused = 0;
    for command in root.get_subcommands().filter(|known| !known.is_hide_set()) {
        for (flag, _) in flags(command) {
            for value in NEVER_RIGHT.into_iter().chain(MOSTLY_WRONG) {
                let given = format!("{flag}={value}");
                let Err(error) = parse(&["httpserver", command.get_name(), &given]) else {
                    assert!(!NEVER_RIGHT.contains(&value), "{given:?} is taken");
                    continue;
                };
                refused += 1;
                let said = error.to_string();
                assert_eq!(error.exit_code(), 2, "{given:?}: {said}");
                assert!(said.contains(&flag), "{given:?}: {said}");
                let is_helpful = |words: &[&str]| words.iter().any(|word| said.contains(word));
                let is_missing = value.is_empty() && said.contains("a value is required");
                assert!(is_helpful(&HELPFUL) || is_missing, "{given:?}: {said}");
                assert!(!is_helpful(&UNHELPFUL), "{given:?}: {said}");
            }
        }
    }
    assert!(refused > 400, "{refused}");
}

#[test]
fn a_negative_value_after_a_space_is_refused_with_its_flag() {
    let root = Cli::command();
    for command in root.get_subcommands() {
        for (flag, _) in flags(command).filter(|(flag, _)| flag != "--ca") {
            for value in ["-1", "-1s", "-0.5"] {
                let error = parse(&["httpserver", command.get_name(), &flag, value]).unwrap_err();
                let said = error.to_string();
                let shown = if flag == "--header" { "…" } else { value };
                assert!(said.contains(&flag) && said.contains(shown), "{said}");
            }
        }
    }
}

/// A delay, a margin or a pause may be 0; what is limited to 0, or lasts that long, could never succeed.
#[test]
fn a_duration_of_0_is_refused_where_nothing_could_succeed() {
    for (subcommand, flags) in [
        ("serve", &["--header-timeout"][..]),
        ("load", &["--duration", "--timeout"]),
        (
            "verify",
            &[
                "--timeout",
                "--duration",
                "--wait",
                "--rate-window",
                "--max-clock-error",
                "--max-wire",
            ],
        ),
        ("healthcheck", &["--timeout"]),
    ] {
        for flag in flags {
            for zero in ["0s", "0ms", "0.0h", "0.1ns"] {
                let error = parse(&["httpserver", subcommand, flag, zero]).unwrap_err();
                let said = error.to_string();
                assert!(said.contains(flag) && said.contains("above 0s"), "{said}");
            }
        }
    }
    for flag in ["--max-delay", "--drain-delay", "--grace"] {
        assert!(
            parse(&["httpserver", "serve", flag, "0s"]).is_ok(),
            "{flag}"
        );
    }
}

#[test]
fn a_flag_given_twice_is_refused_by_name() {
    let root = Cli::command();
    for command in root.get_subcommands() {
        for (flag, arg) in flags(command) {
            let Some(value) = arg.get_default_values().first() else {
                continue;
            };
            let given = format!("{flag}={}", value.to_string_lossy());
            let error = parse(&["httpserver", command.get_name(), &given, &given]).unwrap_err();
            let said = error.to_string();
            assert!(said.contains(&flag) && said.contains("multiple"), "{said}");
        }
    }
}

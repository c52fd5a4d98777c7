//! docs/settings.md: every flag and variable, generated from the command line's own definition.

use std::{env, fmt::Write, fs};

use clap::{Arg, ArgAction, Command, CommandFactory};
use httpserver::cli::Cli;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/settings.md");

const REGENERATE: &str = "UPDATE=1 cargo test --test settings";

#[test]
fn the_settings_page_is_that_of_the_command_line() {
    let generated = page();
    if env::var_os("UPDATE").is_some() {
        fs::write(FILE, &generated).unwrap();
    }
    let written = fs::read_to_string(FILE).unwrap_or_default();
    let differ = written.lines().zip(generated.lines());
    let first = differ.filter(|(old, new)| old != new).take(1);
    let shown: Vec<_> = first
        .map(|(old, new)| format!("- {old}\n+ {new}"))
        .collect();
    assert!(
        written == generated,
        "docs/settings.md is out of date; regenerate it with `{REGENERATE}`\n{}",
        shown.concat()
    );
}

#[test]
fn every_variable_of_the_command_line_is_on_the_page() {
    let written = page();
    let root = Cli::command();
    let variables: Vec<_> = root
        .get_subcommands()
        .flat_map(Command::get_arguments)
        .filter_map(|arg| arg.get_env()?.to_str())
        .collect();
    assert!(variables.len() > 20, "{variables:?}");
    for variable in variables {
        assert!(written.contains(&format!("`{variable}`")), "{variable}");
    }
}

fn page() -> String {
    let mut page = format!(
        "<!-- Generated from the command line's definition: {REGENERATE} -->\n\
         # Settings\n\n\
         Every flag of every subcommand. Where a flag has an environment variable, the variable is used if the flag is\n\
         not given and the variable is not empty; `httpserver COMMAND --help` explains both. Durations are decimal numbers\n\
         with a unit: `ns`, `us`, `ms`, `s`, `m`, `h`.\n\n\
         Traces are configured by the standard OpenTelemetry variables (`OTEL_EXPORTER_OTLP_ENDPOINT` and the other\n\
         `OTEL_*`, see [Traces](../README.md#traces)), the log level by `RUST_LOG`.\n"
    );
    for command in Cli::command().get_subcommands() {
        if !command.is_hide_set() {
            section(&mut page, command);
        }
    }
    page
}

fn section(page: &mut String, command: &Command) {
    let about = command.get_about().map(ToString::to_string);
    let _ = write!(
        page,
        "\n## `httpserver {}`\n{}.\n\n| flag | variable | default | meaning |\n|---|---|---|---|\n",
        command.get_name(),
        about.unwrap_or_default()
    );
    for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
        row(page, arg);
    }
}

fn row(page: &mut String, arg: &Arg) {
    let values = arg.get_default_values().iter();
    let default: Vec<_> = values.map(|value| value.to_string_lossy()).collect();
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let (meaning, computed) = match help.rsplit_once(" [default: ") {
        Some((meaning, computed)) => (meaning, computed.trim_end_matches(']')),
        None => (help.as_str(), ""),
    };
    let cells = [
        code(&flag(arg)),
        code(&arg.get_env().unwrap_or_default().to_string_lossy()),
        if default.is_empty() || !takes_value(arg) {
            computed.to_owned()
        } else {
            code(&default.join(","))
        },
        meaning.replace('|', "\\|").replace('<', "&lt;") + &choices(arg),
    ];
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

fn flag(arg: &Arg) -> String {
    let value = arg.get_value_names().into_iter().flatten();
    let value: Vec<_> = value.map(AsRef::as_ref).collect();
    let value = value.join(" ");
    match arg.get_long() {
        None => value,
        Some(long) if takes_value(arg) => format!("--{long} {value}"),
        Some(long) => format!("--{long}"),
    }
}

/// The values of a flag that has a fixed set of them.
fn choices(arg: &Arg) -> String {
    let known: Vec<_> = arg
        .get_possible_values()
        .iter()
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    if known.is_empty() || !takes_value(arg) {
        String::new()
    } else {
        format!(" ({})", known.join(" or "))
    }
}

fn takes_value(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Set | ArgAction::Append)
}

fn code(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("`{text}`")
    }
}

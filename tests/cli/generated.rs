//! Completion scripts and man pages: generated from the command line's definition, they name everything in it.

use clap::{Command, CommandFactory};
use httpserver::cli::Cli;

use crate::process::{output, stderr, stdout};

#[test]
fn completions_name_every_subcommand_and_flag() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = stdout(&output(&["completions", shell]));
        for (name, command) in shown() {
            assert!(script.contains(&name), "{shell}: `{name}` is missing");
            for flag in flags(&command) {
                assert!(script.contains(&flag), "{shell}: {name} lacks --{flag}");
            }
        }
    }
}

#[test]
fn man_pages_name_every_subcommand_and_flag() {
    let root = Cli::command();
    let overview = page(&["man"]);
    for flag in flags(&root) {
        assert!(overview.contains(&format!("--{flag}")), "lacks --{flag}");
    }
    for (name, command) in shown() {
        let listed = format!("httpserver-{name}(1)");
        assert!(overview.contains(&listed), "lacks {listed}: {overview}");
        let page = page(&["man", &name]);
        assert!(page.contains(&format!("httpserver-{name} - ")), "{page}");
        for flag in flags(&command) {
            assert!(page.contains(&format!("--{flag}")), "{name}: --{flag}");
        }
    }
}

#[test]
fn help_lists_neither_completions_nor_man_and_a_wrong_name_is_refused() {
    let help = stdout(&output(&["--help"]));
    assert!(!help.contains("completions") && !help.contains("man page"));
    for args in [["completions", "tcsh"], ["man", "no-such-command"]] {
        let refused = output(&args);
        assert_eq!(refused.status.code(), Some(2), "{args:?}");
        assert!(stderr(&refused).contains(args[1]), "{}", stderr(&refused));
    }
}

/// Every subcommand that the help lists.
fn shown() -> Vec<(String, Command)> {
    let root = Cli::command();
    let shown = root.get_subcommands().filter(|known| !known.is_hide_set());
    let named: Vec<_> = shown
        .map(|known| (known.get_name().to_owned(), known.clone()))
        .collect();
    assert!(named.len() >= 5, "{named:?}");
    named
}

fn flags(command: &Command) -> Vec<String> {
    let shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
    let long = shown.filter_map(|arg| arg.get_long());
    long.map(str::to_owned).collect()
}

/// A page without roff's escapes.
fn page(args: &[&str]) -> String {
    let printed = output(args);
    assert_eq!(printed.status.code(), Some(0), "{}", stderr(&printed));
    stdout(&printed)
        .replace("\\-", "-")
        .replace("\\fB", "")
        .replace("\\fR", "")
}

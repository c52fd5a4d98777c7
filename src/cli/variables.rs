//! Variables as fallbacks of flags: only those of the subcommand that runs count, an empty one is unset, a flag excludes the
//! variables of flags that it conflicts with, and an error that a variable causes names it. No error shows a secret.

use std::ffi::{OsStr, OsString};

use clap::{
    Arg, ArgMatches, Command, Error,
    builder::Resettable,
    error::{ContextKind, ContextValue, ErrorKind},
    parser::ValueSource,
};

use crate::{client::Destination, output::without_secrets, telemetry::is_of_kubernetes};

/// How the variables of flags begin.
const PREFIX: &str = "HTTPSERVER_";
/// The flag whose values may be secrets as a whole.
const SECRET_FLAG: &str = "--header ";

/// Reads a command line, the name of the program first.
pub fn parse(root: Command, args: &[OsString]) -> Result<ArgMatches, Error> {
    let name = args.get(1).and_then(|first| first.to_str());
    let is_chosen = |command: &Command| Some(command.get_name()) == name;
    let has_subcommand = root.get_subcommands().any(is_chosen);
    let typed = retain_variables(root.clone(), &|_, _| false);
    let typed = typed.try_get_matches_from(args).ok();
    let typed = typed
        .as_ref()
        .map(|all| all.subcommand().map_or(all, |(_, own)| own));
    let is_typed = |arg: &Arg| {
        let source = |typed: &ArgMatches| typed.value_source(arg.get_id().as_str());
        typed.and_then(source) == Some(ValueSource::CommandLine)
    };
    let relevant = retain_variables(root.clone(), &|command, arg| {
        // Without this, a wrong variable of `serve`, whose flags the top level has too, would fail each subcommand.
        let is_active = !has_subcommand || is_chosen(command);
        is_active && has_value(arg) && !is_excluded(command, arg, &is_typed)
    });
    let error = match relevant.clone().try_get_matches_from(args) {
        Err(error) if error.use_stderr() => error,
        Err(_help) => return root.try_get_matches_from(args), // it lists every variable
        parsed => return parsed,
    };
    for (id, variable) in variables(&relevant) {
        let without = retain_variables(relevant.clone(), &|_, arg| *arg.get_id() != id);
        let is_cause = match without.try_get_matches_from(args) {
            Ok(_) => true,
            Err(other) => reason(&other) != reason(&error),
        };
        if is_cause {
            return Err(named(without_secret(error), &variable, relevant));
        }
    }
    Err(without_secret(error))
}

/// A warning for each variable that is named like those of the flags, and belongs to none.
pub fn warnings(root: &Command) -> Vec<String> {
    let known = variables(root);
    let tokens = Destination::ALL.map(Destination::token_variables).concat();
    let is_known = |name: &String| {
        tokens.contains(name) || known.iter().any(|(_, known)| known == name.as_str())
    };
    let set = std::env::vars_os().filter(|(_, value)| !value.is_empty());
    let names = set.filter_map(|(name, _)| name.into_string().ok());
    let names = names.filter(|name| name.starts_with(PREFIX) && !is_of_kubernetes(name));
    let unknown = names.filter(|name| !is_known(name));
    let words =
        "has no effect: the name is unknown; docs/settings.md lists those that are supported";
    unknown.map(|name| format!("{name} {words}")).collect()
}

/// Whether the variable of a flag is set.
fn has_value(arg: &Arg) -> bool {
    let value = arg.get_env().and_then(std::env::var_os);
    value.is_some_and(|value| !value.is_empty())
}

/// Whether a flag is given that excludes the variable of this one: on the command line, or, where this one is the one that
/// declares the conflict, by its own variable.
fn is_excluded(command: &Command, arg: &Arg, is_typed: &impl Fn(&Arg) -> bool) -> bool {
    let declares = |one: &Arg, other: &Arg| {
        let conflicts = command.get_arg_conflicts_with(one);
        conflicts.iter().any(|it| it.get_id() == other.get_id())
    };
    command.get_arguments().any(|other| {
        let is_weaker = declares(arg, other);
        (is_weaker && has_value(other)) || ((is_weaker || declares(other, arg)) && is_typed(other))
    })
}

/// The ids and the variables of all flags that have one.
fn variables(root: &Command) -> Vec<(clap::Id, OsString)> {
    let commands = std::iter::once(root).chain(root.get_subcommands());
    let args = commands.flat_map(Command::get_arguments);
    args.filter_map(|arg| Some((arg.get_id().clone(), arg.get_env()?.to_owned())))
        .collect()
}

/// Takes the variable from each flag for which `retain` is false, at the top level and in each subcommand.
fn retain_variables(root: Command, retain: &impl Fn(&Command, &Arg) -> bool) -> Command {
    let edit = |command: Command| {
        let original = command.clone();
        command.mut_args(|arg| match arg.get_env() {
            Some(_) if !retain(&original, &arg) => {
                arg.env(Resettable::<clap::builder::OsStr>::Reset)
            }
            _ => arg,
        })
    };
    edit(root).mut_subcommands(edit)
}

fn reason(error: &Error) -> (ErrorKind, [Option<&ContextValue>; 2]) {
    let context = [ContextKind::InvalidArg, ContextKind::InvalidValue];
    (error.kind(), context.map(|kind| error.get(kind)))
}

/// The error with the name of the variable that caused it.
fn named(mut error: Error, variable: &OsStr, mut root: Command) -> Error {
    let variable = variable.display();
    let Some(flag) = error.get(ContextKind::InvalidArg) else {
        return root.error(error.kind(), format!("the variable {variable}: {error}"));
    };
    let flag = ContextValue::String(format!("{variable} ({flag})"));
    error.insert(ContextKind::InvalidArg, flag);
    error
}

/// The error without header values, and without the credentials of URLs.
fn without_secret(mut error: Error) -> Error {
    let text = |error: &Error, kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let [arg, value] = [ContextKind::InvalidArg, ContextKind::InvalidValue];
    let is_secret = text(&error, arg).is_some_and(|arg| arg.starts_with(SECRET_FLAG));
    for kind in [arg, value] {
        if let Some(text) = text(&error, kind) {
            let shown = match kind {
                ContextKind::InvalidValue if is_secret => "…".to_owned(),
                _ => without_secrets(&text),
            };
            error.insert(kind, ContextValue::String(shown));
        }
    }
    error
}

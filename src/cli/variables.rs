//! Variables as fallbacks of flags: only those of the subcommand that runs count, an empty one is unset, and an error that
//! a variable causes names it.

use std::ffi::{OsStr, OsString};

use clap::{
    Arg, ArgMatches, Command, Error,
    builder::Resettable,
    error::{ContextKind, ContextValue, ErrorKind},
};

/// Reads a command line, the name of the program first.
pub fn parse(root: Command, args: &[OsString]) -> Result<ArgMatches, Error> {
    let name = args.get(1).and_then(|first| first.to_str());
    let is_chosen = |command: &Command| Some(command.get_name()) == name;
    let has_subcommand = root.get_subcommands().any(is_chosen);
    let relevant = retain_variables(root.clone(), &|command, arg| {
        // Without this, a wrong variable of `serve`, whose flags the top level has too, would fail each subcommand.
        let is_active = !has_subcommand || is_chosen(command);
        is_active && value_of(arg).is_some_and(|value| !value.is_empty())
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
            return Err(named(error, &variable, relevant));
        }
    }
    Err(error)
}

/// The value of the variable of a flag.
fn value_of(arg: &Arg) -> Option<OsString> {
    std::env::var_os(arg.get_env()?)
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

//! Single runs of the binary, to their end.

use std::{
    io::pipe,
    process::{Command, Output, Stdio},
};

pub(crate) fn httpserver(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_httpserver"));
    command.args(args).env_remove("OTEL_EXPORTER_OTLP_ENDPOINT");
    command
}

pub(crate) fn output(args: &[&str]) -> Output {
    httpserver(args).output().unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The exit code of a run whose stdout and stderr are closed pipes.
pub(crate) fn exit_code_without_readers(args: &[&str]) -> Option<i32> {
    let closed = || {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        Stdio::from(writer)
    };
    let mut command = httpserver(args);
    command.stdout(closed()).stderr(closed());
    command.status().unwrap().code()
}

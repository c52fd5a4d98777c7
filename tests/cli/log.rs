//! Log lines on a terminal, and the filter of them.

use std::{fs::File, process::Command};

use crate::{
    parts::{self, Connection, Process, Service, free_address, until},
    process::httpserver,
};

/// What a service logs, until it listens, on a terminal that `script` makes. It ends with the terminal.
fn on_a_terminal(variable: (&str, &str)) -> String {
    let program = env!("CARGO_BIN_EXE_httpserver");
    let line = format!("exec {program} --listen 127.0.0.1:0");
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]);
    command.env_remove("NO_COLOR").env("TERM", "xterm");
    Service::run(command, &[variable]).process.said()
}

#[test]
fn a_terminal_gets_no_colours_where_they_are_not_wanted() {
    if parts::absent(&["script"]) {
        return;
    }
    let coloured = on_a_terminal(("NO_COLOR", ""));
    assert!(
        coloured.contains("listening") && coloured.contains('\u{1b}'),
        "{coloured}"
    );
    for variable in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let plain = on_a_terminal(variable);
        assert!(
            plain.contains("listening") && !plain.contains('\u{1b}'),
            "{plain}"
        );
    }
}

#[test]
fn a_filter_that_cannot_be_read_is_a_warning() {
    let service = Service::start(&["--delay", "constant(0s)"], &[("RUST_LOG", "info,a=loud")]);
    let line = service.process.line_with("RUST_LOG");
    assert!(line.contains("a=loud"), "{line}");
}

/// Answers requests, each with a line in the log, and ends, with its log there.
fn is_not_stopped_by(start: impl FnOnce(Command) -> Process) {
    let address = free_address();
    let listen = address.to_string();
    let flags = ["--delay", "constant(0s)", "--access-log"];
    let mut service = start(httpserver(&[&["--listen", &listen], &flags[..]].concat()));
    let mut connection = until("the service to listen", || Connection::open(address).ok());
    // Some 300 bytes are logged of each, and a pipe takes 64 KiB.
    for _ in 0..2000 {
        assert_eq!(connection.get("/images", &[]).unwrap().status, 200);
    }
    service.signal("-TERM");
    assert_eq!(service.wait().code(), Some(0));
}

#[test]
fn a_reader_that_does_not_read_stops_neither_requests_nor_the_end() {
    let mut reader = None;
    is_not_stopped_by(|command| {
        let (process, unread) = Process::unread(command);
        reader = Some(unread);
        process
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_stops_neither_requests_nor_the_end() {
    let full = File::create("/dev/full").unwrap();
    is_not_stopped_by(|command| Process::logging_to(full, command));
}

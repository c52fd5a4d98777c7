//! A reader of the log that does not read: rounds go on, and SIGTERM ends it.

use std::{
    io::{Write, pipe},
    process::{Child, Command, Stdio},
};

use crate::{
    canary::Watch,
    parts::{free_address, get, until},
    world::service,
};

/// The capacity of a pipe on Linux.
const CAPACITY: usize = 64 << 10;

/// Killed when dropped.
struct Canary(Child);

impl Drop for Canary {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_log_that_is_not_read_stops_neither_rounds_nor_the_end() {
    let service = service();
    let address = free_address();
    let flags = ["--every", "4s", "--listen", &address.to_string()];
    let mut command = Watch::of(service.address).flags(&flags).command();
    let (_unread, mut log) = pipe().unwrap();
    log.write_all(&vec![b'\n'; CAPACITY]).unwrap();
    command.env("RUST_LOG", "trace").stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(log);
    let mut canary = Canary(command.spawn().unwrap());
    until("the third round", || {
        let status = get(address, "/status").ok()?.json();
        (status["rounds"].as_u64()? >= 3).then_some(())
    });
    let mut kill = Command::new("kill");
    let sent = kill.args(["-TERM", &canary.0.id().to_string()]).status();
    assert!(sent.unwrap().success());
    let status = until("its end", || canary.0.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
}

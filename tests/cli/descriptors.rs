//! A service without file descriptors left: it answers everyone in the end, and says so once.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Command,
};

use crate::parts::{DEADLINE, Service};

const CLIENTS: usize = 200;
const WARNING: &str = "cannot accept connections";

#[test]
fn exhausted_descriptors_are_one_line_and_lose_no_request() {
    let mut command = Command::new("sh");
    let serve = "ulimit -n 64; exec \"$0\" serve --listen 127.0.0.1:0 --delay 'constant(0s)'";
    command.args(["-c", serve, env!("CARGO_BIN_EXE_httpserver")]);
    let service = Service::run::<&str>(command, &[]);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let client = TcpStream::connect(service.address).unwrap();
            client.set_read_timeout(Some(DEADLINE)).unwrap();
            client
        })
        .collect();
    service.process.line_with(WARNING); // none of the connections has ended
    for mut client in &clients {
        let request = b"GET /images HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        client.write_all(request).unwrap();
    }
    for mut client in clients {
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    let said = service.process.said();
    let lines = said.matches(WARNING).count();
    assert_eq!(lines, 1, "{said}");
}

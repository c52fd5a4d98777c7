//! HTTP servers that do wrong what a collector should do.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

/// A server that does this with each connection.
pub(crate) fn collector(serve: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(&mut stream.unwrap()));
        }
    });
    address
}

/// Answers a request when all of it has come: a connection that is closed with unread bytes is reset, and its answer lost.
pub(crate) fn answer(stream: &mut TcpStream, status: &str) {
    read_request(stream);
    write_head(stream, status);
}

pub(crate) fn write_head(stream: &mut TcpStream, status: &str) {
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
}

/// Reads a whole request; returns its path.
pub(crate) fn read_request(stream: &mut TcpStream) -> String {
    let mut lines = BufReader::new(stream);
    let (mut path, mut length) = (String::new(), 0);
    let mut line = String::new();
    while lines.read_line(&mut line).unwrap() > 2 {
        if let Some(rest) = line.strip_prefix("POST ") {
            rest.split(' ').next().unwrap().clone_into(&mut path);
        }
        if let Some((name, value)) = line.trim_end().split_once(": ")
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.parse().unwrap();
        }
        line.clear();
    }
    lines.read_exact(&mut vec![0; length]).unwrap();
    path
}

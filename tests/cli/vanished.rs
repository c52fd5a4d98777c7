//! A collector whose packets vanish: an export ends in time, and the next one opens a connection of its own.

use std::{
    io::{ErrorKind, Read},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::{
    faulty::collector,
    parts::{Service, until},
};

/// Far below the minutes that TCP tries for.
const TIMEOUT: &str = "1000";

fn exporting_to(collector: SocketAddr) -> Service {
    let endpoint = format!("http://{collector}");
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", TIMEOUT),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
    ];
    Service::start(&["--delay", "constant(0s)"], &environment)
}

/// One whose queue of connections is full: the kernel drops the first packet of the next one.
fn full() -> (TcpListener, Vec<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    loop {
        match TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
            Ok(stream) => waiting.push(stream),
            Err(error) if error.kind() == ErrorKind::TimedOut => return (listener, waiting),
            Err(error) => panic!("{error} after {} connections", waiting.len()),
        }
    }
}

#[test]
fn a_connection_that_is_not_accepted_ends_with_the_timeout() {
    let (listener, _waiting) = full();
    let service = exporting_to(listener.local_addr().unwrap());
    assert_eq!(service.get("/images").status, 200);
    service.process.line_with("cannot export spans");
}

#[test]
fn a_connection_on_which_nothing_is_answered_is_replaced() {
    let accepted = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&accepted);
    let address = collector(move |stream| {
        seen.fetch_add(1, Relaxed);
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let service = exporting_to(address);
    until("a second connection", || {
        assert_eq!(service.get("/images").status, 200);
        (accepted.load(Relaxed) > 1).then_some(())
    });
}

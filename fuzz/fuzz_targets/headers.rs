//! Any text as the headers that requests and answers bring: no panic, what is accepted reads back.
#![no_main]

use httpserver::delay::{Domain, Identity, draw};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    check_traceparent(text);
    check_server_timing(text);
});

fn check_traceparent(text: &str) {
    if let Ok(id) = text.parse::<Identity>() {
        assert_eq!(id.traceparent(true).parse(), Ok(id));
        let u = draw(7, Domain::Delay, id);
        assert!(u > 0.0 && u < 1.0);
    }
}

/// `Server-Timing`: its parser, `httpserver::client::ServerTiming`, is to be called here.
fn check_server_timing(_text: &str) {}

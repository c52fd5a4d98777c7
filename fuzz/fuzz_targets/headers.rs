//! Any text as request and response headers: no panic, and accepted values survive a round trip.
#![no_main]

use httpserver::{
    contract::{ServerTiming, TraceContext},
    delay::{Domain, draw},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    check_traceparent(text);
    check_server_timing(text);
});

fn check_traceparent(text: &str) {
    if let Ok(id) = text.parse::<TraceContext>() {
        assert_eq!(id.traceparent(true).parse(), Ok(id));
        let u = draw(7, Domain::Delay, id);
        assert!(u > 0.0 && u < 1.0);
    }
}

/// The times survive a round trip; a replica's name that contains a quote cannot.
fn check_server_timing(text: &str) {
    let Ok(read) = text.parse::<ServerTiming>();
    let times = ServerTiming {
        replica: None,
        ..read
    };
    assert_eq!(times.to_string().parse(), Ok(times));
}

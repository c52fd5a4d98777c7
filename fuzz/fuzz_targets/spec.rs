//! Any text as a delay and as buckets: no panic, accepted specs survive a round trip, and quantile and cdf agree.
#![no_main]

use std::time::Duration;

use httpserver::{
    buckets::{self, Buckets},
    delay::{Delay, parse_duration},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(delay) = text.parse::<Delay>() {
        check_delay(&delay, share(text));
        check_delay(&delay.capped(Duration::from_millis(1_500)), share(text));
    }
    if let Ok(buckets) = text.parse::<Buckets>() {
        check_buckets(&buckets, share(text));
    }
    let _ = parse_duration(text);
});

/// A number from 0 to 1 that depends on the text.
fn share(text: &str) -> f64 {
    let hash = text.bytes().fold(0_u32, |hash, byte| {
        hash.wrapping_mul(0x0100_0193) ^ u32::from(byte)
    });
    f64::from(hash) / f64::from(u32::MAX)
}

fn check_delay(delay: &Delay, u: f64) {
    assert_eq!(delay.to_string().parse().as_ref(), Ok(delay));
    let (x, max) = (delay.quantile(u), delay.max());
    assert!(x <= max && delay.mean() <= max && delay.quantile(1.0) == max);
    assert!(delay.quantile(u / 2.0) <= x);
    let share = delay.cdf(x);
    assert!(share >= u);
    assert!(delay.quantile(share) <= x);
    assert!(share >= 1.0 || delay.quantile(share.next_up()) > x);
}

fn check_buckets(buckets: &Buckets, u: f64) {
    assert_eq!(buckets.to_string().parse().as_ref(), Ok(buckets));
    let bounds = buckets.bounds();
    let cumulative = vec![1.0; bounds.len() + 1];
    assert!(buckets.index(u) <= bounds.len());
    assert!(buckets::quantile(u, bounds, &cumulative) <= bounds[0]);
}

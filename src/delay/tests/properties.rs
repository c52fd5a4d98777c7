//! What holds for every delay and every `u`.

use std::time::Duration;

use proptest::{prelude::*, sample::select};

use super::{delay, examples};
use crate::delay::{Delay, family};

/// A delay of any family, capped or not, and mixtures of them.
fn delays() -> impl Strategy<Value = Delay> {
    let random = (
        select(
            family::ALL
                .iter()
                .map(|syntax| syntax.random)
                .collect::<Vec<_>>(),
        ),
        nanos(),
        nanos(),
        0.001..0.999,
    )
        .prop_map(|(random, a, b, share)| delay(&random(a, b, share)));
    let simple = prop_oneof![1 => select(examples()).prop_map(delay), 6 => random];
    let simple = (simple, prop::option::of(nanos())).prop_map(|(delay, cap)| match cap {
        Some(cap) => delay.capped(Duration::from_nanos(cap)),
        None => delay,
    });
    simple.prop_recursive(2, 6, 2, |inner| {
        (inner.clone(), inner, 0.001..0.999).prop_map(|(a, b, weight)| {
            let rest = 1.0 - weight;
            delay(&format!("mix({weight:.6}:{a},{rest:.6}:{b})"))
        })
    })
}

/// From a nanosecond to 100 days, each order of magnitude as often as the other.
fn nanos() -> impl Strategy<Value = u64> {
    let longest = 100 * 24 * 3600 * 1_000_000_000;
    (0_u32..=53, any::<u64>())
        .prop_map(move |(bits, random)| (1 + random % (1 << bits)).min(longest))
}

/// Draws as they occur, their mirror images near 0, and any float in between.
fn draws() -> impl Strategy<Value = f64> {
    prop_oneof![
        0.0..1.0_f64,
        (1_u64..0x3FF0_0000_0000_0000).prop_map(f64::from_bits),
        (0_u32..53).prop_map(|bits| 1.0 - 0.5_f64.powi(bits.cast_signed())),
        select(vec![
            f64::MIN_POSITIVE,
            0.05,
            0.125,
            0.25,
            0.5,
            0.75,
            0.875,
            0.95,
            0.99,
            1.0 - f64::EPSILON / 2.0
        ]),
    ]
}

fn neighbour(u: f64, up: bool) -> f64 {
    if up { u.next_up() } else { u.next_down() }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn quantile_is_at_most_x_exactly_when_u_is_at_most_cdf(
        delay in delays(), u in draws(), near in draws(), nudge in -1_i32..=1, any in nanos(),
    ) {
        for u in [u, neighbour(u, true), neighbour(u, false)] {
            prop_assume!(u > 0.0 && u < 1.0);
            for x in [delay.quantile(u), delay.quantile(near), Duration::from_nanos(any), delay.max()] {
                let step = Duration::from_nanos(u64::from(nudge.unsigned_abs()));
                let x = if nudge < 0 { x.saturating_sub(step) } else { x + step };
                prop_assert_eq!(delay.quantile(u) <= x, u <= delay.cdf(x), "{} at {:e}, {:?}", &delay, u, x);
            }
        }
    }

    #[test]
    fn quantiles_never_decrease(delay in delays(), u in draws(), v in draws()) {
        prop_assert!(delay.quantile(u.min(v)) <= delay.quantile(u.max(v)));
        for (low, high) in [(u.next_down(), u), (u, u.next_up())] {
            prop_assert!(delay.quantile(low) <= delay.quantile(high), "{} at {:e}", &delay, u);
        }
    }

    #[test]
    fn no_delay_and_no_mean_is_above_the_cap(delay in delays(), cap in nanos(), u in draws()) {
        let cap = Duration::from_nanos(cap);
        let capped = delay.clone().capped(cap);
        prop_assert!(capped.max() <= cap && capped.mean() <= cap);
        prop_assert_eq!(capped.quantile(u), delay.quantile(u).min(cap));
        prop_assert_eq!(capped.quantile(1.0), capped.max());
        prop_assert!(capped.cdf(cap) >= 1.0);
    }

    #[test]
    fn the_canonical_spec_reads_back_as_the_same_delay(delay in delays()) {
        let spec = delay.to_string();
        let again = super::delay(&spec);
        prop_assert_eq!(format!("{again:?}"), format!("{delay:?}"));
        prop_assert_eq!(again, delay);
    }

    #[test]
    fn any_float_is_brought_between_0_and_1(delay in delays(), bits in any::<u64>()) {
        let found = delay.quantile(f64::from_bits(bits));
        prop_assert!(delay.quantile(0.0) <= found && found <= delay.quantile(1.0));
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,60}", tail in "[a-z0-9=:,.() ]{0,80}") {
        let _ = text.parse::<Delay>();
        let _ = format!("mix(0.5:{tail}").parse::<Delay>();
    }
}

#[test]
fn not_a_number_and_infinities_have_a_quantile() {
    for spec in examples() {
        let delay = delay(spec);
        assert_eq!(delay.quantile(f64::NAN), delay.quantile(0.0));
        assert_eq!(delay.quantile(f64::INFINITY), delay.max());
        assert_eq!(delay.quantile(f64::NEG_INFINITY), delay.quantile(0.0));
    }
}

//! The mean of each family against the mean of its quantiles and against known values, and where each one is listed.

use std::time::Duration;

use super::{assert_close, delay, examples};
use crate::delay::{Delay, family};

/// A cap within the range of each wide family.
const CAP: Duration = Duration::from_millis(1_700);

/// The mean of the quantiles in the middles of equal shares.
fn mean_of_quantiles(delay: &Delay) -> f64 {
    let shares = 10_000_u32;
    let at = |n: u32| {
        delay
            .quantile((f64::from(n) + 0.5) / f64::from(shares))
            .as_secs_f64()
    };
    (0..shares).map(at).sum::<f64>() / f64::from(shares)
}

#[test]
fn the_mean_is_that_of_the_quantiles_with_the_cap_and_the_cut_at_0() {
    for spec in examples() {
        for cap in [CAP, Duration::from_millis(90), Duration::from_millis(1)] {
            let delay = delay(spec).capped(cap);
            let (found, expected) = (delay.mean().as_secs_f64(), mean_of_quantiles(&delay));
            assert_close(found, expected, 1e-9 + 1e-4 * expected, &delay.to_string());
        }
    }
}

#[test]
fn known_means_are_exact() {
    for (spec, seconds) in [
        ("constant(250ms)", 0.25),
        ("uniform(0s,2s)", 1.0),
        ("uniform(0.5s,2s)", 1.25),
        ("exponential(300ms)", 0.3),
        ("normal(10s,1s)", 10.0),
        // sd / sqrt(2 pi)
        ("normal(0s,1s)", 0.398_942_280),
        ("pareto(100ms,3.5)", 0.14),
        ("capped(pareto(10ms,1),1s)", 0.056_051_702),
        ("capped(uniform(0s,2s),1s)", 0.75),
        ("capped(exponential(1s),1s)", 0.632_120_559),
        ("mix(0.95:uniform(0s,1s),0.05:constant(3s))", 0.625),
        (
            "capped(mix(0.95:uniform(0s,1s),0.05:constant(3s)),2s)",
            0.575,
        ),
    ] {
        assert_close(delay(spec).mean().as_secs_f64(), seconds, 1e-9, spec);
    }
}

#[test]
fn every_family_has_examples_of_its_own() {
    for syntax in family::ALL {
        let own = |spec: &&str| spec.starts_with(&format!("{}(", syntax.name()));
        assert!(
            syntax.examples.iter().all(own) && !syntax.examples.is_empty(),
            "{}",
            syntax.usage
        );
    }
}

/// Families that the menu of the page lacks: they are written as text.
const WITHOUT_SLIDERS: [&str; 2] = ["quantiles", "capped"];

#[test]
fn every_family_is_in_the_readme_the_menu_of_the_page_and_the_words_for_fuzzing() {
    let read = |path: &str| {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(root.join(path)).unwrap()
    };
    let readme = read("README.md");
    let menu = read("src/serve/page/web/delays.js");
    let words = read("fuzz/spec.dict");
    for syntax in family::ALL {
        let name = syntax.name();
        assert!(readme.contains(&format!("| `{name}(")), "README: {name}");
        let in_menu = menu.contains(&format!("\n  {name}: {{"));
        assert_ne!(in_menu, WITHOUT_SLIDERS.contains(&name), "menu: {name}");
        assert!(words.contains(&format!("\"{name}(")), "fuzz: {name}");
    }
}

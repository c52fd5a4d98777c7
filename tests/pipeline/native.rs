//! Our quantiles of native histograms, as expected results of `promtool test rules`: Prometheus' own formula.

use std::{collections::BTreeMap, fmt::Write, fs, path::PathBuf, process::Command};

use httpserver::{
    buckets::{Buckets, NativeHistogram, Schema},
    delay::Delay,
    truth::{Truth, native},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::parts;

/// A histogram, and the expected result of each quantile.
struct Case {
    histogram: NativeHistogram,
    expected: Vec<(f64, f64)>,
}

/// Prometheus' notation: <https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/#series>.
fn notation(histogram: &NativeHistogram) -> String {
    let (zero, buckets) = (histogram.zero, &histogram.buckets);
    let count = zero + buckets.values().sum::<f64>();
    let range = buckets.keys().min().zip(buckets.keys().max());
    let positive = range.map(|(lowest, highest)| {
        let counts = (*lowest..=*highest).map(|index| buckets.get(&index).copied().unwrap_or(0.0));
        let counts: Vec<_> = counts.map(|count| count.to_string()).collect();
        format!(" offset:{lowest} buckets:[{}]", counts.join(" "))
    });
    format!(
        "{{{{schema:{} count:{count} sum:1 z_bucket:{zero}{}}}}}",
        histogram.schema.number(),
        positive.unwrap_or_default()
    )
}

/// A file of tests in which each quantile is a query; equal is within a billionth.
fn tests(cases: &[Case]) -> String {
    let mut file = "rule_files: []\ntests:\n  - interval: 1m\n    input_series:\n".to_owned();
    for (name, case) in cases.iter().enumerate() {
        let values = notation(&case.histogram);
        let _ = writeln!(
            file,
            "      - {{ series: 'h{{case=\"{name}\"}}', values: '{values}' }}"
        );
    }
    file += "    promql_expr_test:\n";
    for (name, case) in cases.iter().enumerate() {
        for (q, expected) in &case.expected {
            let quantile = format!("histogram_quantile({q}, h{{case=\"{name}\"}})");
            let equal = match expected {
                0.0 => format!("{quantile} == bool 0"),
                _ if expected.is_nan() => format!("{quantile} != bool {quantile}"),
                _ => format!("abs({quantile} / {expected} - 1) < bool 1e-9"),
            };
            let _ = writeln!(
                file,
                "      - {{ eval_time: 0m, expr: '{equal}', exp_samples: [{{ labels: '{{case=\"{name}\"}}', value: 1 }}] }}"
            );
        }
    }
    file
}

fn check(name: &str, cases: &[Case]) {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.yml"));
    fs::write(&path, tests(cases)).unwrap();
    let output = Command::new("promtool")
        .args(["test", "rules"])
        .arg(&path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", path.display());
}

/// Any schema, up to 40 buckets with gaps, whole counts or shares, and sometimes a zero bucket.
fn random_case(random: &mut StdRng) -> Case {
    let schema = Schema::new(random.random_range(-4..=8)).unwrap();
    let lowest = schema.index(2_f64.powi(random.random_range(-30..10)));
    let indexes = lowest.unwrap()..lowest.unwrap() + random.random_range(1..40);
    let whole = random.random_bool(0.5);
    let mut count = || match random.random_range(0.0..9.0_f64) {
        ..3.0 => 0.0,
        count if whole => count.floor(),
        count => count,
    };
    let zero = count();
    let buckets: BTreeMap<_, _> = indexes.map(|index| (index, count())).collect();
    let histogram = NativeHistogram {
        schema,
        zero,
        buckets,
    };
    let random = (0..4).map(|_| random.random_range(0.0..1.0));
    let quantiles = [0.0, 0.25, 0.5, 0.75, 0.99, 1.0].into_iter().chain(random);
    let expected: Vec<_> = quantiles.map(|q| (q, histogram.quantile(q))).collect();
    Case {
        histogram,
        expected,
    }
}

#[test]
fn promtool_computes_our_quantiles_of_any_native_histogram() {
    if parts::absent(&["promtool"]) {
        return;
    }
    let mut random = StdRng::seed_from_u64(1);
    let cases: Vec<_> = (0..200).map(|_| random_case(&mut random)).collect();
    check("native-random", &cases);
}

#[test]
fn promtool_computes_the_native_column_of_truth() {
    if parts::absent(&["promtool"]) {
        return;
    }
    let cases: Vec<_> = [
        "uniform(0s,2s)",
        "uniform(100ms,400ms)",
        "constant(0s)",
        "constant(251ms)",
        "normal(10ms,1s)",
        "lognormal(p50=200ms,p99=1.5s)",
        "capped(pareto(100ms,0.5),60s)",
        "quantiles(50=101ms,90=400ms,99=2s,100=3s)",
        "mix(0.65:constant(0s),0.35:uniform(1us,1h))",
        "mix(0.45:constant(250ms),0.55:uniform(100ms,400ms))",
    ]
    .iter()
    .map(|spec| {
        let delay: Delay = spec.parse().unwrap();
        let truth = Truth::of(&delay, None, &Buckets::default());
        let schema = Schema::new(truth.native.schema).unwrap();
        let range = [1e-9, delay.max().as_secs_f64()].map(|seconds| schema.index(seconds));
        let all = range[0].zip(range[1]).map(|(low, high)| low..=high);
        let expected = truth.quantiles.iter();
        Case {
            histogram: native::shares(&delay, schema, all.into_iter().flatten()),
            expected: expected
                .map(|known| (known.q, known.native_seconds))
                .collect(),
        }
    })
    .collect();
    check("native-truth", &cases);
}

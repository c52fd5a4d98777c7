//! What a real Prometheus reports of a run: our formula on exactly the recorded buckets, as predicted.

use std::{
    io::Write,
    process::{Command, Stdio},
    time::Duration,
};

use httpserver::{
    buckets::{self, Buckets},
    delay::Delay,
    truth::Truth,
};

use crate::{
    load::{self, timing},
    parts::{self, Answer, Prometheus, Service, latest, until_or},
};

const DELAY: &str = "uniform(0s,150ms)";
const REQUESTS: usize = 1_600;
/// How far apart two computations of one quantile may be, in seconds.
const ROUNDING: f64 = 1e-6;
const LATENCY: &str = "cloudnative_execution_latency_seconds";

/// How many of the answers' own totals lie within each bound, and all of them last.
fn cumulative(answers: &[Answer], buckets: &Buckets) -> Vec<f64> {
    let totals: Vec<_> = answers
        .iter()
        .map(|answer| timing(answer).total.unwrap())
        .collect();
    let within = |bound: &f64| {
        totals
            .iter()
            .filter(|total| total.as_secs_f64() <= *bound)
            .count()
    };
    let counts = buckets.bounds().iter().map(within).chain([totals.len()]);
    counts.map(|count| count as f64).collect()
}

/// The share of the answers that were drawn within a bound and measured beyond it.
fn pushed_over(bound: Duration, answers: &[Answer]) -> f64 {
    let times = answers.iter().map(timing);
    let over = times.filter(|said| said.delay <= Some(bound) && said.total > Some(bound));
    over.count() as f64 / answers.len() as f64
}

/// Where the estimate of a quantile must lie. The draws' shares within the two bounds around it are off the declared
/// ones by five standard deviations at most; how many the clock pushed over a bound is known.
fn band(q: f64, expected: f64, buckets: &Buckets, answers: &[Answer]) -> (f64, f64) {
    let delay: Delay = DELAY.parse().unwrap();
    let bounds = buckets.bounds();
    let upper = buckets.index(expected);
    let shares = |n: usize| {
        let bound = Duration::from_secs_f64(bounds[n]);
        let (share, over) = (delay.cdf(bound), pushed_over(bound, answers));
        let spread = 5.0 * (share * (1.0 - share) / answers.len() as f64).sqrt();
        [share - over - spread, share - over + spread]
    };
    let corners = shares(upper - 1).into_iter().flat_map(|below| {
        shares(upper).into_iter().flat_map(move |within| {
            shares(upper + 1).map(|next| {
                // Three buckets are all of the line that the estimate may be on.
                let around = [bounds[upper - 1], bounds[upper], bounds[upper + 1]];
                let next = next.clamp(within, 1.0);
                buckets::quantile(q, &around, &[below, within, next, 1.0])
            })
        })
    });
    corners.fold((f64::MAX, f64::MIN), |(low, high), at| {
        (low.min(at - ROUNDING), high.max(at + ROUNDING))
    })
}

#[test]
fn prometheus_reports_what_the_buckets_hold_and_truth_predicted() {
    if parts::absent(&["prometheus"]) {
        return;
    }
    let service = Service::start::<&str>(&["--delay", DELAY], &[]);
    let config = Prometheus::scraping("httpserver", &[service.address], "1s");
    let prometheus = Prometheus::start(&config);
    let answers = load::run(service.address, 40, REQUESTS / 40);
    assert_eq!(load::answered(&answers), REQUESTS as u64);
    let count = format!("{LATENCY}_count{{step=\"total\"}}");
    until_or(
        || {
            prometheus
                .value(&count)
                .filter(|count| *count == REQUESTS as f64)
        },
        || format!("{:?} of {REQUESTS}", prometheus.value(&count)),
    );

    let buckets = Buckets::default();
    let counts = cumulative(&answers, &buckets);
    let stored_buckets = latest(&format!("{LATENCY}_bucket{{step=\"total\"}}"));
    let stored = prometheus.values_by("le", &stored_buckets);
    for (bound, count) in buckets.bounds().iter().zip(&counts) {
        let found = stored.iter().find(|(le, _)| le.parse() == Ok(*bound));
        assert_eq!(
            found.map(|(_, count)| count),
            Some(count),
            "le={bound}: {stored:?}"
        );
    }

    let truth = Truth::of(&DELAY.parse().unwrap(), None, &buckets);
    for q in [0.5, 0.99] {
        let query = format!("histogram_quantile({q}, sum by (le) ({stored_buckets}))");
        let reported = prometheus.value(&query).unwrap();
        let formula = buckets::quantile(q, buckets.bounds(), &counts);
        assert!(
            (reported - formula).abs() < ROUNDING,
            "q={q}: {reported}, not {formula}"
        );
        let predicted = truth.quantiles.iter().find(|known| known.q == q).unwrap();
        let (low, high) = band(q, predicted.reported_seconds, &buckets, &answers);
        assert!(
            (low..=high).contains(&reported),
            "q={q}: {reported} is not in {low}..{high}, predicted was {predicted:?}"
        );
        assert!(
            high - low < 0.03,
            "q={q}: {low}..{high} would hold anything"
        );
    }
}

#[test]
fn promtool_accepts_a_scrape_without_complaint() {
    if parts::absent(&["promtool"]) {
        return;
    }
    // A closed port: the SDK's own metrics are in the scrape, too.
    let closed_port = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")];
    let service = Service::start(&["--delay", "constant(1ms)"], &closed_port);
    for path in ["/images", "/images?status=503", "/nowhere", "/?user=x"] {
        service.get(path);
    }
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let metrics = service.metrics();
    assert!(
        metrics.contains("error_type=\"503\"") && metrics.contains("otel_sdk_"),
        "{metrics}"
    );
    promtool
        .stdin
        .take()
        .unwrap()
        .write_all(metrics.as_bytes())
        .unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.is_empty(),
        "{}: {said}",
        output.status
    );
}

//! Prometheus as the receiver of what is exported: <https://prometheus.io/docs/guides/opentelemetry/>.

use super::{
    ACCEPTED, EXPLICIT, EXPONENTIAL, Environment, HISTOGRAMS, INTERVAL, LATENCY, TEMPORALITY, run,
    sample, set,
};
use crate::{
    load,
    parts::{self, Prometheus, Service, until_or},
};

#[test]
fn prometheus_takes_them_and_a_query_returns_the_count_of_the_last_scrape() {
    if parts::absent(&["prometheus"]) {
        return;
    }
    let count_of = |histograms| match histograms {
        EXPLICIT => format!("{LATENCY}_seconds_count{{step=\"total\"}}"),
        _ => format!("histogram_count({LATENCY}_seconds{{step=\"total\"}})"),
    };
    for (histograms, temporality) in [
        (EXPLICIT, "cumulative"),
        (EXPONENTIAL, "cumulative"),
        (EXPLICIT, "delta"),
        (EXPONENTIAL, "delta"),
    ] {
        let mut flags = vec!["--web.enable-otlp-receiver"];
        if temporality == "delta" {
            flags.push("--enable-feature=otlp-deltatocumulative");
        }
        let prometheus = Prometheus::start_with("{}", &flags);
        let mut environment = to_prometheus(&prometheus, temporality);
        set(&mut environment, &[(HISTOGRAMS, histograms)]);
        let scrape = run(&environment, 10, 20);
        let query = count_of(histograms);
        let count = sample(&scrape, &count_of(EXPLICIT));
        until_or(
            || (prometheus.value(&query) == Some(count)).then_some(()),
            || {
                format!(
                    "{temporality}, {query}: {:?}, not {count}",
                    prometheus.value(&query)
                )
            },
        );
        let accepted = format!("{ACCEPTED}_total");
        let pushed = prometheus.value(&accepted);
        assert_eq!(pushed, Some(sample(&scrape, &accepted)), "{temporality}");
    }
}

fn to_prometheus(prometheus: &Prometheus, temporality: &str) -> Environment {
    let endpoint = format!("{}/api/v1/otlp/v1/metrics", prometheus.url());
    let mut environment = Environment::new();
    set(
        &mut environment,
        &[
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", &endpoint),
            (TEMPORALITY, temporality),
            (INTERVAL, "100"),
        ],
    );
    environment
}

#[test]
fn deltas_that_prometheus_refuses_are_one_line_and_fail_no_request() {
    if parts::absent(&["prometheus"]) {
        return;
    }
    let prometheus = Prometheus::start_with("{}", &["--web.enable-otlp-receiver"]);
    let service = Service::start(
        &["--delay", "constant(0s)"],
        &to_prometheus(&prometheus, "delta"),
    );
    let failed = "otel_sdk_exporter_metric_data_point_exported_total{error_type=\"export_failed\"";
    let (answers, ()) = load::during(service.address, 2, || {
        let line = service.process.line_with("cannot export metrics");
        assert!(line.contains("status code: 500"), "{line}");
        let before = service.metric(failed);
        until_or(
            || (service.metric(failed) > before).then_some(()),
            || service.metrics(),
        );
    });
    assert!(load::answered(&answers) > 0);
    let lines = service.process.lines();
    let lines = lines.iter().filter(|line| line.contains("cannot export"));
    assert_eq!(lines.count(), 1);
}

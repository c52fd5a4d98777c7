//! Many healthy runs, one after another: none may raise an alarm. `make verify-soak`.

use std::env;

use crate::{
    parts::{Collector, Jaeger, absent},
    verify::verify,
    world::{images, job, prometheus, traced},
};

#[test]
#[ignore = "takes as long as VERIFY_RUNS (200) short runs"]
fn healthy_runs_raise_no_alarm() {
    if absent(&["prometheus", "otelcol", "jaeger"]) {
        return;
    }
    let runs = env::var("VERIFY_RUNS").map_or(200, |runs| runs.parse().unwrap());
    let jaeger = Jaeger::start();
    let collector = Collector::to_jaeger(jaeger.grpc);
    let service = traced(&collector.environment("grpc"));
    let prometheus = prometheus(&[job("httpserver", &[service.address])]);
    let (target, url, traces) = (images(service.address), prometheus.url(), jaeger.url());
    for run in 1..=runs {
        let flags = [
            "--prometheus",
            &url,
            "--jaeger",
            &traces,
            "--duration",
            "2s",
        ];
        let report = verify(&[&["--target", &target], &flags[..], &["--require-all"]].concat());
        assert_eq!(report.code, 0, "run {run} of {runs}: {report}");
    }
}

//! Many healthy runs, one after another: none may raise an alarm. `make verify-soak`.

use std::env;

use serde_json::json;

use crate::{
    parts::absent,
    world::{Pipeline, scraping},
};

#[test]
#[ignore = "takes as long as VERIFY_RUNS (200) short runs"]
fn healthy_runs_raise_no_alarm() {
    if absent(&["prometheus", "otelcol", "jaeger"]) {
        return;
    }
    let runs = env::var("VERIFY_RUNS").map_or(200, |runs| runs.parse().unwrap());
    let pipeline = Pipeline::through(&json!({}));
    let prometheus = scraping(&pipeline.service, &json!({}));
    let verify =
        pipeline
            .verify()
            .prometheus(&prometheus)
            .flags(&["--duration", "2s", "--require-all"]);
    for run in 1..=runs {
        let report = verify.run();
        assert_eq!(report.code, 0, "run {run} of {runs}: {report}");
    }
}

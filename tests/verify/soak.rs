//! Many healthy runs, one after another: none may raise an alarm. `make verify-soak`.

use std::env;

use crate::{parts::absent, world::Pipeline};

#[test]
#[ignore = "takes as long as VERIFY_RUNS (200) short runs"]
fn healthy_runs_raise_no_alarm() {
    if absent(&["prometheus", "otelcol", "jaeger"]) {
        return;
    }
    let runs = env::var("VERIFY_RUNS").map_or(200, |runs| runs.parse().unwrap());
    let pipeline = Pipeline::start();
    let verify = pipeline
        .verify()
        .flags(&["--duration", "2s", "--require-all"]);
    for run in 1..=runs {
        let report = verify.run();
        assert_eq!(report.code, 0, "run {run} of {runs}: {report}");
    }
}

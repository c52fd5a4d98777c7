//! The compose stack as a user runs it, in a separate project and without Grafana, whose image may be unavailable.
//! One test, because its steps share one stack; it takes minutes, so only `make compose-test` runs it.
//! Skipped if no Docker engine answers; `LAB_REQUIRED=1` makes that a failure.

#[path = "../deploy/files.rs"]
#[expect(dead_code, reason = "only tests/deploy walks folders")]
mod files;
#[path = "../deploy/queries.rs"]
#[expect(
    dead_code,
    reason = "only tests/deploy uses names of metrics and rules"
)]
mod queries;

mod canary;
mod data;
mod image;
mod loss;
mod stack;

use std::time::Instant;

use stack::Stack;

#[tokio::test]
#[ignore = "builds the image and runs the stack for minutes: make compose-test"]
async fn the_stack_passes_verify_and_survives_the_loss_of_its_parts() {
    if !stack::engine_answers() {
        return;
    }
    let mut watch = Watch(Instant::now());
    let stack = Stack::new();
    stack.up(&["--build"]);
    watch.lap("built, up and healthy");
    image::is_small_and_not_root();

    stack.verify(&[]).passes("beside other traffic");
    watch.lap("verify beside load");
    data::every_expression_returns_data(&stack).await;
    watch.lap("every expression has data");

    stack.compose(&["stop", "load"]);
    stack.verify(&["--exclusive"]).passes("alone");
    watch.lap("verify alone");
    stack.up(&["--scale", "httpserver=3", "--scale", "load=0"]);
    data::of_replicas_alone(&stack, 3).await;
    stack.verify(&["--exclusive"]).passes("with three replicas");
    watch.lap("verify with three replicas");
    stack.up(&["--scale", "httpserver=1", "--scale", "load=0"]);
    data::of_replicas_alone(&stack, 1).await;

    for part in ["otel-collector", "jaeger", "prometheus"] {
        loss::of_a_part_is_reported_and_recovers(&stack, part);
        watch.lap(part);
    }
    canary::names_the_loss_of_the_trace_store(&stack).await;
    watch.lap("canary");
    loss::of_nothing_when_stopped_under_load(&stack).await;
    watch.lap("stopped under load");

    stack.compose(&["down", "--volumes"]);
    let left = stack.left();
    assert!(left.is_empty(), "down left {left}");
    watch.lap("down");
}

/// Prints how long each step took.
struct Watch(Instant);

impl Watch {
    fn lap(&mut self, step: &str) {
        eprintln!("{:6.1} s  {step}", self.0.elapsed().as_secs_f64());
        self.0 = Instant::now();
    }
}

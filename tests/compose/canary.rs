//! The canary beside the stack: its rounds pass, the loss of the trace store is named, and it recovers.

use crate::{data, stack::Stack};

/// Options and names for `up`.
const CANARY_ALONE: [&str; 3] = ["--scale", "load=0", "canary"];

/// Rounds in which a hop failed or could not be asked.
const FAILED: &str =
    r#"sum(httpserver_canary_rounds_total{hop="traces",verdict=~"fail|unreachable"})"#;

pub(crate) async fn names_the_loss_of_the_trace_store(stack: &Stack) {
    stack.up(&CANARY_ALONE);
    data::every_expression_of_the_canary_returns_data(stack).await;
    let passed = r#"sum(httpserver_canary_rounds_total{hop="round",verdict=~"pass|warn"}) > 0"#;
    data::appears(stack, passed).await;
    let failed = data::value(stack, FAILED).await;

    stack.compose(&["kill", "jaeger"]);
    data::appears(stack, &format!("{FAILED} > {failed}")).await;
    data::appears(stack, r#"httpserver_canary_hop_ok{hop="traces"} == 0"#).await;
    let others = r#"min(httpserver_canary_hop_ok{hop=~"measured|received|metrics|prometheus"})"#;
    data::appears(stack, &format!("{others} == 1")).await;
    let alert = r#"ALERTS{alertname="CanaryFailing",alertstate="firing",hop="traces"}"#;
    data::appears(stack, alert).await;

    stack.up(&CANARY_ALONE);
    data::appears(stack, r#"httpserver_canary_hop_ok{hop="traces"} == 1"#).await;
    stack.compose(&["stop", "canary"]);
    let code = stack.compose(&["ps", "--all", "--format", "{{.ExitCode}}", "canary"]);
    assert_eq!(code.trim(), "0", "the exit code of the canary");
    stack.compose(&["rm", "--force", "canary"]);
}

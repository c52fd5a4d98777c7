//! The load generator against servers that are slow, stall, fail or break the protocol.

#![expect(clippy::unwrap_used, reason = "test helpers may panic, too")]

mod failures;
mod headers;
mod servers;
mod times;

use std::future::{Future, pending};

use httpserver::{
    client::{Client, ClientArgs},
    clock::Clock,
    load::{Arrivals, Driven, Plan, Report, Sent, Statistics, StatusSet, drive},
};

/// A plan of constant arrivals.
fn plan(url: &str, rate: f64, seconds: f64) -> Plan {
    Plan {
        url: url.parse().unwrap(),
        rate,
        duration: Some(std::time::Duration::from_secs_f64(seconds)),
        arrivals: Arrivals::Constant,
        max_in_flight: 10_000,
        sampled_ratio: 1.0,
    }
}

/// The result of a run: every request, the counts and the report.
struct Run {
    driven: Driven,
    sent: Vec<Sent>,
    report: serde_json::Value,
    text: String,
    exit: httpserver::exit::Exit,
}

async fn run_until(plan: &Plan, args: &ClientArgs, stop: impl Future<Output = ()>) -> Run {
    run_with(plan, args, &StatusSet::default(), stop).await
}

async fn run_accepting(plan: &Plan, accepted: &StatusSet) -> Run {
    run_with(plan, &ClientArgs::default(), accepted, pending()).await
}

async fn run_with(
    plan: &Plan,
    args: &ClientArgs,
    accepted: &StatusSet,
    stop: impl Future<Output = ()>,
) -> Run {
    let client = Client::new(args).unwrap();
    let clock = Clock::start_thread().unwrap();
    let mut sent = Vec::new();
    let driven = drive(plan, &client, &clock, |one| sent.push(one), stop).await;
    let mut statistics = Statistics::new();
    for one in &sent {
        statistics.record(one);
    }
    let report = Report::new(plan, driven, &statistics).accepting(accepted);
    Run {
        driven,
        sent,
        exit: report.exit(),
        text: report.to_string(),
        report: serde_json::to_value(&report).unwrap(),
    }
}

async fn run(plan: &Plan) -> Run {
    run_until(plan, &ClientArgs::default(), pending()).await
}

//! Each alert of the canary fires once the hop that it is for is broken, and no other alert does; none fires on a pipeline
//! that works. The rules are the repository's own, with shorter durations.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{found, watch};
use crate::{
    boards::yaml,
    parts::{self, Collector, Folder, Jaeger, Prometheus, Service, until_or},
};

const PARTS: [&str; 3] = ["prometheus", "otelcol", "jaeger"];

/// A rule, a duration in it, and the shorter one.
const SHORTER: [(&str, &str, &str); 6] = [
    (
        "instance_hop:httpserver_canary_failed_rounds:recent",
        "[10m]",
        "[1m]",
    ),
    (
        "instance_stage:httpserver_canary_lost:ratio1h",
        "[1h]",
        "[1m]",
    ),
    (
        "instance_stage:httpserver_canary_visible_seconds:p95_10m",
        "[10m]",
        "[1m]",
    ),
    ("CanaryLosing", r#""for":"5m""#, r#""for":"1s""#),
    ("CanaryStale", r#""for":"10m""#, r#""for":"1s""#),
    ("CanarySilent", r#""for":"1m""#, r#""for":"1s""#),
];

/// Spans and metrics of a service, watched by a canary. Fields are dropped in this order.
struct Watched {
    canary: Service,
    prometheus: Prometheus,
    _service: Service,
    _collector: Collector,
    jaeger: Jaeger,
    _rules: Folder,
}

impl Watched {
    /// The spans go through these processors of a collector; the canary has these flags.
    fn through(processors: &Value, flags: &[&str]) -> Self {
        let jaeger = Jaeger::start();
        let collector = Collector::to(jaeger.grpc, processors);
        let delay = ["--delay", "uniform(0s,100ms)"];
        let service = Service::start(&delay, &collector.environment("grpc"));
        let folder = Folder::new("rules");
        let rules = folder.write("rules.yml", &rules().to_string());
        let traces = format!("--traces={}", jaeger.url());
        let (prometheus, canary) = watch(&service, &rules, &[&[traces.as_str()], flags].concat());
        Self {
            canary,
            prometheus,
            _service: service,
            _collector: collector,
            jaeger,
            _rules: folder,
        }
    }

    fn until(&self, expr: &str) {
        until_or(
            || found(&self.prometheus, expr),
            || format!("without data: {expr}\n{}", self.facts()),
        );
    }

    /// Waits until so many rounds were judged, and all of them were good.
    fn until_good_rounds(&self, count: u32) {
        let good = r#"httpserver_canary_rounds_total{hop="round",verdict=~"pass|warn"}"#;
        for judged in 1..=count {
            self.until(&format!("sum({good}) >= {judged}"));
        }
        let bad = r#"httpserver_canary_rounds_total{verdict=~"fail|unreachable"} > 0"#;
        assert_eq!(found(&self.prometheus, bad), None, "{}", self.facts());
    }

    /// Waits for an alert, of this hop or stage.
    fn until_firing(&self, alert: &str, of: &str) {
        let what = format!("{alert} {of}");
        until_or(
            || self.fired().contains(&what).then_some(()),
            || format!("{what} does not fire\n{}", self.facts()),
        );
    }

    /// Each alert that has fired, and its hop or stage.
    fn fired(&self) -> BTreeSet<String> {
        let fired = r#"last_over_time(ALERTS{alertstate="firing"}[10m])"#;
        let fired = self.prometheus.query(fired);
        let name = |alert: &Value| {
            let label = |name: &str| alert["metric"][name].as_str().unwrap_or_default();
            let of = [label("hop"), label("stage")].concat();
            format!("{} {of}", label("alertname"))
        };
        fired.as_array().unwrap().iter().map(name).collect()
    }

    /// No alert has fired, except some of these.
    fn only_fired(&self, alerts: &[&str]) {
        let mut fired = self.fired();
        fired.retain(|alert| !alerts.contains(&alert.as_str()));
        assert!(fired.is_empty(), "{fired:?}\n{}", self.facts());
    }

    fn facts(&self) -> String {
        let exprs = [
            "last_over_time(ALERTS[10m])",
            "httpserver_canary_rounds_total > 0",
            r#"{__name__=~"instance_.*canary.*"}"#,
        ];
        let results = exprs.map(|expr| format!("{:#}", self.prometheus.query(expr)));
        format!("{}\n{}", results.join("\n"), self.canary.process.said())
    }
}

/// The group of the canary's rules.
fn rules() -> Value {
    let mut all = yaml("prometheus/rules.yml");
    let groups = all["groups"].as_array_mut().unwrap();
    groups.retain(|group| group["name"] == "canary");
    let rules = groups[0]["rules"].as_array_mut().unwrap();
    for (name, from, to) in SHORTER {
        let named = |rule: &&mut Value| rule["record"] == name || rule["alert"] == name;
        let rule = rules.iter_mut().find(named);
        let rule = rule.unwrap_or_else(|| panic!("no rule {name}"));
        let text = rule.to_string();
        assert!(text.contains(from), "no {from} in {text}");
        *rule = serde_json::from_str(&text.replace(from, to)).unwrap();
    }
    all
}

fn tail_sampling(wait: &str, policy: &Value) -> Value {
    json!({"tail_sampling": {"decision_wait": wait, "policies": [policy]}})
}

#[test]
fn nothing_fires_while_the_pipeline_works() {
    if parts::absent(&PARTS) {
        return;
    }
    let watched = Watched::through(&json!({}), &["--deadline=10s"]);
    watched.until_good_rounds(8); // 32 s: longer than each alert needs below
    watched.only_fired(&[]);
}

#[test]
fn a_collector_that_drops_traces_fires_losing_and_failing_and_not_stale() {
    if parts::absent(&PARTS) {
        return;
    }
    let half = json!({
        "name": "half", "type": "probabilistic", "probabilistic": {"sampling_percentage": 50},
    });
    // Half of it is longer than the decision takes, also on a busy machine.
    let watched = Watched::through(&tail_sampling("1s", &half), &["--deadline=20s"]);
    watched.until_firing("CanaryLosing", "traces");
    watched.until_firing("CanaryFailing", "traces");
    watched.only_fired(&[
        "CanaryLosing traces",
        "CanaryFailing traces",
        "CanaryFailing exemplars", // of lost traces, if there are any
    ]);
}

#[test]
fn a_trace_store_that_ends_fires_failing_for_traces_and_not_losing() {
    if parts::absent(&PARTS) {
        return;
    }
    // A round that asks in vain takes longer than its deadline, and must not be missed for it.
    let flags = ["--deadline=10s", "--every=6s"];
    let mut watched = Watched::through(&json!({}), &flags);
    watched.until_good_rounds(1);
    watched.jaeger.process.kill();
    watched.until_firing("CanaryFailing", "traces");
    watched.only_fired(&["CanaryFailing traces", "CanaryFailing exemplars"]);
}

#[test]
fn a_collector_that_holds_traces_back_fires_stale_while_rounds_pass() {
    if parts::absent(&PARTS) {
        return;
    }
    let all = json!({"name": "all", "type": "always_sample"});
    let watched = Watched::through(&tail_sampling("8s", &all), &["--deadline=15s"]);
    watched.until_firing("CanaryStale", "traces");
    watched.until_good_rounds(3);
    watched.only_fired(&["CanaryStale traces"]);
}

#[test]
fn traces_that_arrive_after_the_deadline_are_late_each_that_was_expected_once() {
    if parts::absent(&PARTS) {
        return;
    }
    let all = json!({"name": "all", "type": "always_sample"});
    let late = tail_sampling("12s", &all);
    let flags = ["--deadline=10s", "--expect-traces=total>50ms"];
    let watched = Watched::through(&late, &flags);
    let counts =
        |stage: &Value| ["late", "found", "expected"].map(|name| stage[name].as_u64().unwrap());
    let stage = until_or(
        || {
            let status = watched.canary.get("/status").json();
            let rounds = status["last"].as_array().unwrap().iter();
            let mut stages = rounds.flat_map(|round| round["stages"].as_array().unwrap());
            let is_complete = |stage: &&Value| {
                let [late, found, expected] = counts(stage);
                late > 0 && late + found >= expected && expected < 10
            };
            stages.find(is_complete).cloned()
        },
        || watched.facts(),
    );
    assert_eq!(stage["stage"], "traces", "{stage}");
    let [late, in_time, expected] = counts(&stage);
    assert_eq!(late + in_time, expected, "{stage}");
}

#[test]
fn a_canary_that_is_killed_fires_silent() {
    if parts::absent(&PARTS) {
        return;
    }
    let mut watched = Watched::through(&json!({}), &["--deadline=10s"]);
    watched.until_good_rounds(1);
    watched.canary.process.kill();
    watched.until_firing("CanarySilent", "");
    watched.only_fired(&["CanarySilent "]);
}

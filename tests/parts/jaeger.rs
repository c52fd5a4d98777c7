//! A real Jaeger 2 with in-memory storage, and the traces from its query API.

use std::{collections::BTreeMap, net::SocketAddr, process::Command, time::Duration};

use serde_json::{Value, json};

use super::{
    get,
    http::post,
    process::{Folder, Process, free_address},
    until_or,
};

/// A running Jaeger.
pub(crate) struct Jaeger {
    /// OTLP over gRPC.
    pub(crate) grpc: SocketAddr,
    /// OTLP over HTTP.
    pub(crate) http: SocketAddr,
    /// The query API.
    pub(crate) query: SocketAddr,
    pub(crate) process: Process,
    ports: [SocketAddr; 4],
    folder: Folder,
}

/// A span from Jaeger.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) name: String,
    pub(crate) kind: u64,
    pub(crate) id: String,
    pub(crate) parent_id: String,
    pub(crate) start_ns: u64,
    pub(crate) end_ns: u64,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) status: u64,
}

impl Jaeger {
    /// Starts one that keeps the last 100,000 traces.
    pub(crate) fn start() -> Self {
        let folder = Folder::new("jaeger");
        let (ports, process) = Self::run(&folder, None);
        let [grpc, http, query, _] = ports;
        Self {
            grpc,
            http,
            query,
            process,
            ports,
            folder,
        }
    }

    fn run(folder: &Folder, fixed: Option<[SocketAddr; 4]>) -> ([SocketAddr; 4], Process) {
        let make = || {
            let ports = fixed.unwrap_or_else(|| [(); 4].map(|()| free_address()));
            let file = folder.write("jaeger.yml", &config(&ports).to_string());
            let mut command = Command::new("jaeger");
            command.arg(format!("--config=file:{}", file.display()));
            (ports, command)
        };
        let is_ready = |[_, _, query, _]: &[SocketAddr; 4]| {
            get(*query, "/api/services").is_ok_and(|answer| answer.status == 200)
        };
        Process::ready(make, is_ready)
    }

    /// Starts it again on the same ports, without the traces that it had.
    pub(crate) fn restart(&mut self) {
        self.process.kill();
        (_, self.process) = Self::run(&self.folder, Some(self.ports));
    }

    /// The query API's base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.query)
    }

    /// The variables that make a service export here, without delay.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        super::collector::environment(self.grpc, "grpc")
    }

    /// Gives it a span of another service in the trace of this `traceparent`.
    pub(crate) fn add_span(http: SocketAddr, traceparent: &str) {
        let mut ids = traceparent.split('-').skip(1);
        let name = json!({"key": "service.name", "value": {"stringValue": "gateway"}});
        let span = json!({
            "traceId": ids.next(), "spanId": "000000000000abcd", "parentSpanId": ids.next(), "kind": 2,
            "name": "GET", "startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": "1700000000000000001",
        });
        let body = json!({"resourceSpans": [{
            "resource": {"attributes": [name]}, "scopeSpans": [{"spans": [span]}],
        }]});
        let answer = post(http, "/v1/traces", &body.to_string()).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// The traces of a service, at most 1,000.
    pub(crate) fn traces(&self, service: &str) -> Vec<Value> {
        let path = format!("/api/traces?service={service}&limit=1000");
        let found = get(self.query, &path).unwrap().json();
        found["data"].as_array().unwrap().clone()
    }

    /// The spans of a trace, in the order of their start; none while Jaeger does not know it.
    pub(crate) fn spans(&self, trace_id: &str) -> Vec<Span> {
        let answer = get(self.query, &format!("/api/v3/traces/{trace_id}")).unwrap();
        if answer.status == 404 {
            return Vec::new();
        }
        let json = answer.json();
        let mut spans = Vec::new();
        for resource in items(&json["result"]["resourceSpans"]) {
            for scope in items(&resource["scopeSpans"]) {
                spans.extend(items(&scope["spans"]).map(Span::read));
            }
        }
        spans.sort_by_key(|span| span.start_ns);
        spans
    }

    /// The spans of a trace, once there are as many.
    pub(crate) fn trace(&self, trace_id: &str, count: usize) -> Vec<Span> {
        let enough = || Some(self.spans(trace_id)).filter(|spans| spans.len() >= count);
        until_or(enough, || {
            format!("{count} spans of {trace_id}: {:#?}", self.spans(trace_id))
        })
    }
}

impl Span {
    fn read(json: &Value) -> Self {
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        let nanoseconds = |name: &str| text(name).parse().unwrap();
        Self {
            name: text("name"),
            kind: json["kind"].as_u64().unwrap_or_default(),
            id: text("spanId"),
            parent_id: text("parentSpanId"),
            start_ns: nanoseconds("startTimeUnixNano"),
            end_ns: nanoseconds("endTimeUnixNano"),
            attributes: items(&json["attributes"]).map(attribute).collect(),
            status: json["status"]["code"].as_u64().unwrap_or_default(),
        }
    }

    /// How long it took, by its own start and end.
    pub(crate) fn took(&self) -> Duration {
        Duration::from_nanos(self.end_ns - self.start_ns)
    }

    /// An attribute as text.
    pub(crate) fn attribute(&self, name: &str) -> &str {
        let found = self.attributes.get(name);
        found.unwrap_or_else(|| panic!("no attribute {name} in {self:#?}"))
    }
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// `{"key": NAME, "value": {"intValue": "7"}}`, as name and text.
fn attribute(json: &Value) -> (String, String) {
    let value = json["value"]
        .as_object()
        .and_then(|value| value.values().next());
    let text = match value {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    (json["key"].as_str().unwrap_or_default().to_owned(), text)
}

fn config([grpc, http, query, query_grpc]: &[SocketAddr; 4]) -> Value {
    let endpoint = |address: &SocketAddr| json!({"endpoint": address.to_string()});
    json!({
        "receivers": {"otlp": {"protocols": {"grpc": endpoint(grpc), "http": endpoint(http)}}},
        "exporters": {"jaeger_storage_exporter": {"trace_storage": "memory"}},
        "extensions": {
            "jaeger_storage": {"backends": {"memory": {"memory": {"max_traces": 100_000}}}},
            "jaeger_query": {
                "storage": {"traces": "memory"},
                "http": endpoint(query), "grpc": endpoint(query_grpc),
            },
        },
        "service": {
            "extensions": ["jaeger_storage", "jaeger_query"],
            "pipelines": {"traces": {
                "receivers": ["otlp"], "exporters": ["jaeger_storage_exporter"],
            }},
            "telemetry": {"metrics": {"level": "none"}, "logs": {"level": "warn"}},
        },
    })
}

//! Set-ups of the tests: services with a known seed, proxies before them, and a Prometheus that scrapes them.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::{
    parts::{Collector, Jaeger, Prometheus, Service, until},
    proxy::{Faults, Proxy},
    verify::{Report, Running, Verify},
};

/// Buckets that put no percentile above the longest delay, and the seed.
pub(crate) const SERVICE: [&str; 4] = ["--seed", "7", "--buckets", "linear(0.1,0.1,20)"];

/// A service.
pub(crate) fn service() -> Service {
    service_with(&[])
}

/// One with these flags besides.
pub(crate) fn service_with(flags: &[&str]) -> Service {
    Service::start::<&str>(&[&SERVICE, flags].concat(), &[])
}

/// One with these variables, such as those that make it export its spans.
pub(crate) fn traced(environment: &[(&str, String)]) -> Service {
    Service::start(&SERVICE, environment)
}

pub(crate) fn metrics(address: SocketAddr) -> String {
    format!("http://{address}/metrics")
}

/// The id of a replica.
pub(crate) fn id(service: &Service) -> String {
    let truth = service.get("/truth").json();
    truth["instance_id"].as_str().unwrap().to_owned()
}

/// How many requests a service has accepted.
pub(crate) fn accepted(service: &Service) -> f64 {
    service.metric("cloudnative_requests_accepted_total")
}

/// Waits until a service has accepted more than this.
pub(crate) fn until_accepted(service: &Service, count: f64) {
    let what = format!("more than {count} requests");
    until(&what, || (accepted(service) > count).then_some(()));
}

impl Running {
    /// Interrupts it when a service has accepted so many more requests, and waits until it ends.
    pub(crate) fn end_after(self, more: f64, service: &Service) -> Report {
        until_accepted(service, accepted(service) + more);
        self.interrupt();
        self.end()
    }
}

/// A service behind a proxy.
pub(crate) fn behind(faults: Faults) -> (Service, Proxy) {
    let service = service();
    let front = Proxy::start(&[service.address], faults);
    (service, front)
}

/// A service that Prometheus scrapes.
pub(crate) fn scraped() -> (Service, Prometheus) {
    let service = service();
    let prometheus = scraping(&service, &json!({}));
    (service, prometheus)
}

/// A Prometheus that scrapes this service, with these settings of its job besides.
pub(crate) fn scraping(service: &Service, settings: &Value) -> Prometheus {
    let mut job = job("httpserver", &[service.address]);
    let settings = settings.as_object().unwrap().clone();
    job.as_object_mut().unwrap().extend(settings);
    prometheus(&[job])
}

/// Two replicas behind one proxy.
pub(crate) struct TwoReplicas {
    pub(crate) one: Service,
    pub(crate) two: Service,
    pub(crate) front: Proxy,
}

impl TwoReplicas {
    pub(crate) fn start() -> Self {
        Self::of(service(), service())
    }

    pub(crate) fn of(one: Service, two: Service) -> Self {
        let front = Proxy::start(&[one.address, two.address], Faults::default());
        Self { one, two, front }
    }

    /// Sends the requests to the proxy, and reads the metrics of both.
    pub(crate) fn verify(&self) -> Verify {
        let [one, two] = [&self.one, &self.two].map(|service| metrics(service.address));
        Verify::of(self.front.address).flags(&["--metrics", &one, "--metrics", &two])
    }
}

/// A service whose spans go through a collector to Jaeger.
pub(crate) struct Pipeline {
    pub(crate) service: Service,
    pub(crate) jaeger: Jaeger,
    _collector: Collector,
}

impl Pipeline {
    /// With these processors in the collector.
    pub(crate) fn through(processors: &Value) -> Self {
        let jaeger = Jaeger::start();
        let collector = Collector::to(jaeger.grpc, processors);
        Self {
            service: traced(&collector.environment("grpc")),
            jaeger,
            _collector: collector,
        }
    }

    /// Checks its traces.
    pub(crate) fn verify(&self) -> Verify {
        Verify::of(self.service.address).jaeger(&self.jaeger)
    }
}

/// Asks Prometheus through a proxy that changes each sample of the queries with this text.
pub(crate) fn through_changed_samples(
    service: &Service,
    real: &Prometheus,
    query: &'static str,
    change: impl Fn(&mut Value) + Send + Sync + 'static,
) -> Verify {
    let rewrite = move |path: &str, body: String| {
        if !path.starts_with("/api/v1/query?") || !path.contains(query) {
            return body;
        }
        let mut answer: Value = serde_json::from_str(&body).unwrap();
        let samples = answer["data"]["result"].as_array_mut();
        samples.into_iter().flatten().for_each(&change);
        answer.to_string()
    };
    let faults = Faults {
        rewrite: Some(Box::new(rewrite)),
        ..Faults::default()
    };
    let front = Proxy::start(&[real.address], faults);
    let url = format!("http://{}", front.address);
    Verify::of(service.address).flags(&["--prometheus", &url])
}

/// A job that scrapes these targets each second.
pub(crate) fn job(name: &str, targets: &[SocketAddr]) -> Value {
    let targets: Vec<_> = targets.iter().map(ToString::to_string).collect();
    json!({
        "job_name": name, "scrape_interval": "1s", "scrape_timeout": "1s",
        "static_configs": [{"targets": targets}],
    })
}

/// One that scrapes native histograms, too.
pub(crate) fn native_job(targets: &[SocketAddr]) -> Value {
    let mut job = job("httpserver", targets);
    job["scrape_native_histograms"] = json!(true);
    job["always_scrape_classic_histograms"] = json!(true);
    job
}

/// Rules that drop two buckets.
pub(crate) fn without_buckets() -> Value {
    json!([{"source_labels": ["le"], "regex": "0\\.5|1(\\.0)?", "action": "drop"}])
}

/// A Prometheus with these jobs.
pub(crate) fn prometheus(jobs: &[Value]) -> Prometheus {
    Prometheus::start(&json!({ "scrape_configs": jobs }).to_string()) // JSON is YAML
}

/// One that stores exemplars.
pub(crate) fn storing_exemplars(jobs: &[Value]) -> Prometheus {
    let config = json!({ "scrape_configs": jobs }).to_string();
    Prometheus::start_with(&config, &["--enable-feature=exemplar-storage"])
}

/// Waits until Prometheus has tried to scrape this many targets; discovery takes some seconds.
pub(crate) fn tried(prometheus: &Prometheus, targets: f64) {
    until("each target to be tried", || {
        prometheus
            .value("count(up)")
            .filter(|tried| *tried >= targets)
    });
}

//! A real Prometheus, and its HTTP API: <https://prometheus.io/docs/prometheus/latest/querying/api/>.

use std::{net::SocketAddr, process::Command};

use serde_json::Value;

use super::{
    get,
    process::{Folder, Process, free_address},
};

const CONFIG: &str = "prometheus.yml";

/// A running Prometheus with a data directory of its own.
pub(crate) struct Prometheus {
    pub(crate) address: SocketAddr,
    pub(crate) process: Process,
    flags: Vec<String>,
    folder: Folder,
}

impl Prometheus {
    /// Starts one with this configuration (YAML).
    pub(crate) fn start(config: &str) -> Self {
        Self::start_with(config, &[])
    }

    /// Starts one with this configuration and additional flags.
    pub(crate) fn start_with(config: &str, flags: &[&str]) -> Self {
        Self::start_until(config, flags, is_ready)
    }

    /// Starts one that is ready where `is_ready` says so, as behind TLS.
    pub(crate) fn start_until(
        config: &str,
        flags: &[&str],
        is_ready: impl Fn(SocketAddr) -> bool,
    ) -> Self {
        let folder = Folder::new("prometheus");
        folder.write(CONFIG, config);
        let flags: Vec<_> = flags.iter().map(ToString::to_string).collect();
        let make = || {
            let address = free_address();
            (address, command(&folder, address, &flags))
        };
        let (address, process) = Process::ready(make, |address| is_ready(*address));
        Self {
            address,
            process,
            flags,
            folder,
        }
    }

    /// Starts it again on the same port, with the data that it has written.
    pub(crate) fn restart(&mut self) {
        self.process.kill();
        let make = || ((), command(&self.folder, self.address, &self.flags));
        ((), self.process) = Process::ready(make, |()| is_ready(self.address));
    }

    /// A configuration with one job that scrapes these targets.
    pub(crate) fn scraping(job: &str, targets: &[SocketAddr], interval: &str) -> String {
        let targets: Vec<_> = targets.iter().map(ToString::to_string).collect();
        let job = serde_json::json!({
            "job_name": job, "scrape_interval": interval, "scrape_timeout": interval,
            "static_configs": [{"targets": targets}],
        });
        serde_json::json!({ "scrape_configs": [job] }).to_string() // JSON is YAML
    }

    /// The address as a base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `data` of an API answer; panics with Prometheus' message when it refuses.
    pub(crate) fn api(&self, path_and_query: &str) -> Value {
        let answer = get(self.address, path_and_query).unwrap();
        let mut json = answer.json();
        assert_eq!(json["status"], "success", "{path_and_query}: {json}");
        json["data"].take()
    }

    /// The result of an instant query, now.
    pub(crate) fn query(&self, promql: &str) -> Value {
        self.api(&format!("/api/v1/query?query={}", escaped(promql)))["result"].take()
    }

    /// The value of a query with one sample; `None` where there is none.
    pub(crate) fn value(&self, promql: &str) -> Option<f64> {
        let result = self.query(promql);
        let samples = result.as_array().unwrap();
        assert!(
            samples.len() < 2,
            "`{promql}` has more than one sample: {result}"
        );
        samples.first().map(number)
    }

    /// Each sample's value by one of its labels.
    pub(crate) fn values_by(&self, label: &str, promql: &str) -> Vec<(String, f64)> {
        let result = self.query(promql);
        let samples = result.as_array().unwrap().iter();
        let by = |sample: &Value| {
            sample["metric"][label]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        samples.map(|sample| (by(sample), number(sample))).collect()
    }

    /// Where its files are, for tests that change them.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

fn command(folder: &Folder, address: SocketAddr, flags: &[String]) -> Command {
    let mut command = Command::new("prometheus");
    let file = |name: &str| folder.path().join(name).display().to_string();
    command
        .arg(format!("--config.file={}", file(CONFIG)))
        .arg(format!("--storage.tsdb.path={}", file("data")))
        .arg(format!("--web.listen-address={address}"))
        .arg("--log.level=warn")
        .args(flags);
    command
}

fn is_ready(address: SocketAddr) -> bool {
    get(address, "/-/ready").is_ok_and(|answer| answer.status == 200)
}

fn number(sample: &Value) -> f64 {
    sample["value"][1]
        .as_str()
        .and_then(|value| value.parse().ok())
        .unwrap()
}

/// An expression for the last sample of these series, also where a scrape has failed since.
pub(crate) fn latest(series: &str) -> String {
    format!("last_over_time({series}[1m])")
}

/// Percent-encodes what goes into a query string.
pub(crate) fn escaped(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

//! Which store answers: asked once, before anything else.

use serde::Deserialize;
use serde_json::Value;

use super::{
    answer::Data,
    api::{Prometheus, PrometheusError, unexpected},
};
use crate::verify::{
    model::{
        exposition,
        store::{Kind, Store},
    },
    source::url::below,
};

/// Largest page of a store's own metrics that is read, in bytes.
const MAX_PAGE: usize = 16 << 20;
/// The metric that holds the version of `VictoriaMetrics`, and its label.
const VM_VERSION: &str = "vm_app_version";
const SHORT_VERSION: &str = "short_version";

#[derive(Deserialize)]
struct BuildInfo {
    version: String,
    /// Mimir tells it.
    application: Option<String>,
}

impl Prometheus {
    /// The same server, with its kind known.
    pub async fn detected(mut self) -> Result<Self, PrometheusError> {
        let query = "time()";
        self.store = match self.query(query, None).await? {
            Data::Scalar(_) => self.prometheus_or_similar().await,
            Data::Vector(_) => {
                let version = self.victoria_metrics_version().await;
                Store::new(Kind::VictoriaMetrics, "VictoriaMetrics", version)
            }
            Data::Matrix(_) => return Err(unexpected(query, "expected a scalar")),
        };
        Ok(self)
    }

    /// Only Thanos lists stores. A server that does not answer such questions is taken for a Prometheus.
    async fn prometheus_or_similar(&self) -> Store {
        let info = self.ask::<BuildInfo>("buildinfo", "/api/v1/status/buildinfo", &[]);
        let (application, version) = match info.await {
            Ok(info) => (info.application, Some(info.version)),
            Err(_) => (None, None),
        };
        let version = version.filter(|version| !version.is_empty());
        if let Some(application) = application.filter(|name| !name.is_empty()) {
            return Store::new(Kind::Other, &application, version);
        }
        let stores = self.ask::<Value>("stores", "/api/v1/stores", &[]);
        if stores.await.is_ok() {
            return Store::new(Kind::Thanos, "Thanos Query", version);
        }
        match self.listed().await {
            // Cortex tells no name.
            Err(error) if error.is_unknown_path() => {
                Store::new(Kind::Other, "Cortex or a similar store", None)
            }
            _ => Store::new(Kind::Prometheus, "Prometheus", version),
        }
    }

    async fn victoria_metrics_version(&self) -> Option<String> {
        let url = below(&self.base, "/metrics");
        let page = self.client.text(&url, MAX_PAGE).await.ok()?;
        let line = page.lines().find(|line| line.starts_with(VM_VERSION))?;
        let samples = exposition::parse(line).ok()?;
        let version = samples.first()?.labels.get(SHORT_VERSION)?;
        Some(version.trim_start_matches('v').to_owned())
    }
}

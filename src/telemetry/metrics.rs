//! The meter provider, and the registry that a scrape reads: instruments and `process_*`.

use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry_sdk::{Resource, metrics::SdkMeterProvider};
use prometheus::{Encoder, Registry, TextEncoder, proto::MetricFamily};

use super::{
    error::TelemetryError, process::ProcessMetrics, resource::as_labels, service::Service,
};

/// Instruments in, exposition out. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Metrics {
    service: Service,
    provider: SdkMeterProvider,
    registry: Registry,
}

impl Metrics {
    pub(super) fn new(service: Service, resource: &Resource) -> Result<Self, TelemetryError> {
        let registry = Registry::new();
        let reader = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .build()
            .map_err(|error| TelemetryError::Registry(error.to_string()))?;
        registry
            .register(Box::new(ProcessMetrics::new()))
            .map_err(|error| TelemetryError::Registry(error.to_string()))?;
        let provider = SdkMeterProvider::builder()
            .with_resource(as_labels(resource))
            .with_reader(reader)
            .build();
        Ok(Self {
            service,
            provider,
            registry,
        })
    }

    /// The meter of the service's own instruments.
    #[must_use]
    pub fn meter(&self) -> Meter {
        self.provider.meter(self.service.name)
    }

    /// One reading of every metric.
    #[must_use]
    pub fn gather(&self) -> Vec<MetricFamily> {
        self.registry.gather()
    }

    /// One reading, in the Prometheus text format 0.0.4.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(32 * 1024);
        if let Err(error) = TextEncoder::new().encode(&self.gather(), &mut text) {
            tracing::error!(%error, "cannot encode the metrics");
        }
        text
    }

    /// Makes this the provider of the SDK's own metrics.
    pub(super) fn make_global(&self) {
        opentelemetry::global::set_meter_provider(self.provider.clone());
    }

    pub(super) fn shutdown(&self) {
        // Nothing is pushed, so nothing can be lost.
        let _ = self.provider.shutdown();
    }
}

//! The meter provider, and the registry that a scrape reads: instruments and `process_*`.

use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry_sdk::{Resource, error::OTelSdkResult, metrics::SdkMeterProvider};
use prometheus::{Encoder, Registry, TextEncoder, proto::MetricFamily};

use super::{
    error::TelemetryError, fan_out::Both, process::ProcessMetrics, resource::as_labels,
    service::Service,
};

/// Instruments in, exposition out. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Metrics {
    service: Service,
    provider: SdkMeterProvider,
    /// The provider of what is exported beside the scrape.
    pushed: Option<SdkMeterProvider>,
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
            pushed: None,
            registry,
        })
    }

    /// Exports every instrument that is created from now on, too.
    pub(super) fn push_to(&mut self, provider: SdkMeterProvider) {
        self.pushed = Some(provider);
    }

    /// The meter of the service's own instruments.
    #[must_use]
    pub fn meter(&self) -> Meter {
        let name = self.service.name;
        match &self.pushed {
            None => self.provider.meter(name),
            Some(pushed) => Both(self.provider.clone(), pushed.clone()).meter(name),
        }
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
        let provider = self.provider.clone();
        match &self.pushed {
            None => opentelemetry::global::set_meter_provider(provider),
            Some(pushed) => {
                opentelemetry::global::set_meter_provider(Both(provider, pushed.clone()));
            }
        }
    }

    /// Exports what is left, where metrics are exported; the SDK waits up to 5 seconds for it.
    pub(super) fn shutdown(&self) -> OTelSdkResult {
        let pushed = self.pushed.as_ref();
        let pushed = pushed.map_or(Ok(()), SdkMeterProvider::shutdown);
        // A scrape loses nothing.
        let _ = self.provider.shutdown();
        pushed
    }
}

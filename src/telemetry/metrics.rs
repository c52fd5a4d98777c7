//! The meter provider, and what a scrape reads of it: instruments, resource and `process_*`.

use std::sync::Arc;

use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    metrics::{SdkMeterProvider, data::ResourceMetrics, reader::MetricReader},
};

use super::{families, fan_out::Both, process, reader::ScrapeReader, resource, service::Service};
use crate::{
    exposition::{Family, Format, Kind, Series, Value},
    instruments::{Details, Recorder},
};

/// Instruments in, exposition out. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Metrics {
    service: Service,
    provider: SdkMeterProvider,
    /// The provider of what is exported beside the scrape.
    pushed: Option<SdkMeterProvider>,
    reader: ScrapeReader,
    details: Details,
    target_info: Arc<Family>,
}

impl Metrics {
    pub(super) fn new(service: Service, resource: &Resource) -> Self {
        let reader = ScrapeReader::default();
        let provider = SdkMeterProvider::builder()
            .with_resource(resource.clone())
            .with_reader(reader.clone())
            .build();
        Self {
            service,
            provider,
            pushed: None,
            reader,
            details: Details::default(),
            target_info: Arc::new(target_info(resource)),
        }
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

    /// Creates the service's own instruments.
    #[must_use]
    pub fn recorder(&self) -> Recorder {
        Recorder::new(self.meter(), self.details.clone())
    }

    /// One reading of what a format has of every metric, sorted by name.
    #[must_use]
    pub fn gather(&self, format: Format) -> Vec<Family> {
        let mut metrics = ResourceMetrics::default();
        let (collected, details) = self
            .details
            .whole(format, || self.reader.collect(&mut metrics));
        if let Err(error) = collected {
            tracing::error!(%error, "cannot collect the metrics");
        }
        let mut families = families::families(&metrics, details);
        for family in process::families()
            .into_iter()
            .chain([(*self.target_info).clone()])
        {
            families.entry(family.name.clone()).or_insert(family);
        }
        let mut families: Vec<_> = families.into_values().collect();
        families.retain(|family| !family.series.is_empty());
        families.iter_mut().for_each(Family::sort);
        families
    }

    /// One reading, written in a format.
    #[must_use]
    pub fn expose(&self, format: Format) -> Vec<u8> {
        format.write(&self.gather(format))
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

/// The resource as a metric.
fn target_info(resource: &Resource) -> Family {
    Family {
        name: "target_info".to_owned(),
        help: "Target metadata".to_owned(),
        kind: Kind::Gauge,
        series: vec![Series {
            labels: resource::as_labels(resource),
            value: Value::Number(1.0),
            created: None,
        }],
    }
}

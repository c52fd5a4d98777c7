//! Log records that are exported in batches, beside the lines on stderr.

use std::{sync::Arc, time::Duration};

use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::{
    Resource,
    logs::{BatchConfigBuilder, BatchLogProcessor, SdkLogger, SdkLoggerProvider},
};

use super::{
    counting_exporter::CountingExporter,
    counting_processor::CountingProcessor,
    delivery::{Delivery, Items, LOGS},
    environment::LogExport,
    error::TelemetryError,
    exporter,
    metrics::Metrics,
};

/// Turns log events into records, which have the ids of the current OpenTelemetry context.
pub type Bridge = OpenTelemetryTracingBridge<SdkLoggerProvider, SdkLogger>;

/// The export of log records.
#[derive(Debug)]
pub struct ExportedLogs {
    provider: SdkLoggerProvider,
    items: Arc<Items>,
}

impl ExportedLogs {
    pub fn new(
        export: &LogExport,
        resource: Resource,
        metrics: &Metrics,
    ) -> Result<Self, TelemetryError> {
        let LogExport { otlp, batch } = export;
        let (inner, last_error) = exporter::logs(otlp)?;
        let items = Arc::<Items>::default();
        let given = Arc::clone(&items);
        let exporter = CountingExporter {
            inner,
            delivery: Delivery::new(&LOGS, otlp, last_error, &metrics.meter(), given),
        };
        let config = BatchConfigBuilder::default()
            .with_max_queue_size(batch.queue)
            .with_max_export_batch_size(batch.size)
            .with_scheduled_delay(batch.delay);
        let inner = BatchLogProcessor::builder(exporter).with_batch_config(config.build());
        let processor = CountingProcessor {
            inner: inner.build(),
            items: Arc::clone(&items),
        };
        let provider = SdkLoggerProvider::builder()
            .with_resource(resource)
            .with_log_processor(processor);
        Ok(Self {
            provider: provider.build(),
            items,
        })
    }

    pub fn bridge(&self) -> Bridge {
        OpenTelemetryTracingBridge::new(&self.provider)
    }

    /// Delivers what there is so far, or gives up after 5 seconds.
    pub fn flush(&self) {
        let _ = self.provider.force_flush();
    }

    /// Delivers the last records, or gives up after `timeout`; returns how many were not delivered since the start.
    pub fn shutdown(&self, timeout: Duration) -> u64 {
        let _ = self.provider.shutdown_with_timeout(timeout);
        self.items.undelivered()
    }
}

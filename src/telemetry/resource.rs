//! Who is speaking: the OpenTelemetry resource of this process.

use opentelemetry::{Key, KeyValue};
use opentelemetry_sdk::{
    Resource,
    resource::{EnvResourceDetector, ResourceDetector},
};
use opentelemetry_semantic_conventions::resource::{
    SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION,
};

/// Name, version and a fresh instance id, each overridden by `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`.
pub(super) fn detect() -> Resource {
    let from_environment = EnvResourceDetector::new().detect();
    let mut resource = Resource::builder_empty()
        .with_attributes([
            KeyValue::new(SERVICE_NAME, env!("CARGO_PKG_NAME")),
            KeyValue::new(SERVICE_VERSION, env!("CARGO_PKG_VERSION")),
            KeyValue::new(SERVICE_INSTANCE_ID, uuid::Uuid::new_v4().to_string()),
        ])
        .with_attributes(
            from_environment
                .iter()
                .map(|(key, value)| KeyValue::new(key.clone(), value.clone())),
        );
    if let Some(name) = std::env::var("OTEL_SERVICE_NAME")
        .ok()
        .filter(|name| !name.is_empty())
    {
        resource = resource.with_service_name(name);
    }
    resource.build()
}

/// The `service.instance.id` of a resource.
#[must_use]
pub fn instance_id(resource: &Resource) -> String {
    resource
        .get(&Key::from_static_str(SERVICE_INSTANCE_ID))
        .map(|id| id.to_string())
        .unwrap_or_default()
}

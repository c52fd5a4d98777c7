//! The OpenTelemetry resource of this process: name, version, instance.

use opentelemetry::{Key, KeyValue};
use opentelemetry_sdk::{
    Resource,
    resource::{EnvResourceDetector, ResourceDetector},
};
use opentelemetry_semantic_conventions::resource::{
    SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION,
};

use super::{environment, service::Service};

/// Name, version and a new instance id, unless `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` give them.
pub fn detect(service: Service) -> Resource {
    let from_environment = EnvResourceDetector::new().detect();
    let mut resource = Resource::builder_empty()
        .with_attributes([
            KeyValue::new(SERVICE_NAME, service.name),
            KeyValue::new(SERVICE_VERSION, service.version),
            KeyValue::new(SERVICE_INSTANCE_ID, uuid::Uuid::new_v4().to_string()),
        ])
        .with_attributes(
            from_environment
                .iter()
                .map(|(key, value)| KeyValue::new(key.clone(), value.clone())),
        );
    if let Some(name) = environment::service_name() {
        resource = resource.with_service_name(name);
    }
    resource.build()
}

/// The `service.instance.id` of a resource.
pub fn instance_id(resource: &Resource) -> String {
    resource
        .get(&Key::from_static_str(SERVICE_INSTANCE_ID))
        .map(|id| id.to_string())
        .unwrap_or_default()
}

//! The OpenTelemetry resource of this process: the SDK, name, version, instance; and its form as labels.

use opentelemetry::{Key, KeyValue};
use opentelemetry_sdk::{Resource, resource::TelemetryResourceDetector};
use opentelemetry_semantic_conventions::resource::{
    SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION,
};

use super::service::Service;
use crate::exposition::{Labels, label_name, labels};

/// The SDK, and name, version and a new instance id, unless the environment gives others.
pub fn new(service: Service, from_environment: &[(String, String)]) -> Resource {
    let given = from_environment.iter();
    Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attributes([
            KeyValue::new(SERVICE_NAME, service.name),
            KeyValue::new(SERVICE_VERSION, service.version),
            KeyValue::new(SERVICE_INSTANCE_ID, uuid::Uuid::new_v4().to_string()),
        ])
        .with_attributes(given.map(|(key, value)| KeyValue::new(key.clone(), value.clone())))
        .build()
}

/// The resource as labels. The label of the instance id has that id alone, since it identifies the process.
pub fn as_labels(resource: &Resource) -> Labels {
    let is_id = |key: &Key| key.as_str() == SERVICE_INSTANCE_ID;
    let id_label = label_name(SERVICE_INSTANCE_ID);
    let attributes: Vec<_> = resource
        .iter()
        .filter(|(key, _)| is_id(key) || label_name(key.as_str()) != id_label)
        .map(|(key, value)| KeyValue::new(key.clone(), value.clone()))
        .collect();
    labels(attributes.iter())
}

/// The `service.instance.id` of a resource.
pub fn instance_id(resource: &Resource) -> String {
    resource
        .get(&Key::from_static_str(SERVICE_INSTANCE_ID))
        .map(|id| id.to_string())
        .unwrap_or_default()
}

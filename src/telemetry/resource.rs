//! The OpenTelemetry resource of this process: the SDK, name, version, instance; and its form as labels.

use std::collections::BTreeMap;

use opentelemetry::{Key, KeyValue};
use opentelemetry_sdk::{Resource, resource::TelemetryResourceDetector};
use opentelemetry_semantic_conventions::resource::{
    SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION,
};

use super::service::Service;
use crate::exposition::label_name;

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

/// The resource as attributes whose keys are valid label names. Values whose keys
/// become the same label are joined by `;`, as the specification asks; the instance id stays as it is, since it
/// identifies the process.
pub fn as_attributes(resource: &Resource) -> Vec<KeyValue> {
    let mut labels: BTreeMap<String, BTreeMap<&str, String>> = BTreeMap::new();
    for (key, value) in resource {
        let values = labels.entry(label_name(key.as_str())).or_default();
        values.insert(key.as_str(), value.to_string());
    }
    let joined = labels.into_iter().map(|(label, mut values)| {
        let value = values.remove(SERVICE_INSTANCE_ID).unwrap_or_else(|| {
            let all: Vec<_> = values.into_values().collect();
            all.join(";")
        });
        KeyValue::new(label, value)
    });
    joined.collect()
}

/// The `service.instance.id` of a resource.
pub fn instance_id(resource: &Resource) -> String {
    resource
        .get(&Key::from_static_str(SERVICE_INSTANCE_ID))
        .map(|id| id.to_string())
        .unwrap_or_default()
}

//! Every object below `k8s/`, with the namespace that its kustomization gives it.

use std::{fs, path::Path};

use serde_json::Value;

/// One YAML document.
pub(crate) struct Object {
    pub(crate) file: String,
    pub(crate) namespace: String,
    pub(crate) value: Value,
}

impl Object {
    pub(crate) fn kind(&self) -> &str {
        self.value["kind"].as_str().unwrap_or_default()
    }

    pub(crate) fn name(&self) -> &str {
        self.value["metadata"]["name"].as_str().unwrap_or_default()
    }

    /// The pod template, if it has one.
    pub(crate) fn template(&self) -> Option<&Value> {
        self.value["spec"].get("template")
    }
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn parse(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_saphyr::from_multiple(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The objects of every folder with a kustomization.
pub(crate) fn objects() -> Vec<Object> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("k8s")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "yaml") {
                found.extend(objects_of(&path));
            }
        }
    }
    assert!(found.len() > 20, "only {} objects", found.len());
    found
}

fn objects_of(path: &Path) -> Vec<Object> {
    let kustomization = parse(&path.with_file_name("kustomization.yaml"));
    let given = kustomization[0]["namespace"].as_str();
    parse(path)
        .into_iter()
        .filter(|value| value["kind"] != "Kustomization")
        .map(|value| Object {
            file: path.strip_prefix(root()).unwrap().display().to_string(),
            namespace: given
                .or(value["metadata"]["namespace"].as_str())
                .unwrap_or_default()
                .to_owned(),
            value,
        })
        .collect()
}

//! The order of dependency in `src`: a module uses only what stands below it. Read from the sources themselves.

use std::{fs, path::Path};

/// From the top down; modules on one line do not know one another.
const LAYERS: &[&[&str]] = &[
    &["main"],
    &["cli"],
    &["verify"],
    &["serve", "load", "healthcheck"],
    &["telemetry", "client", "shutdown"],
    &["timer", "clock"],
    &["instruments"],
    &["truth"],
    &["buckets", "delay"],
    &["contract", "exit", "descriptors"],
];

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The `.rs` files of a module, and what they hold.
fn sources(path: &Path, found: &mut Vec<(String, String)>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            sources(&entry.unwrap().path(), found);
        }
    } else if path.extension().is_some_and(|ending| ending == "rs") {
        found.push((
            path.display().to_string(),
            fs::read_to_string(path).unwrap(),
        ));
    }
}

/// The crate's own modules that a source names: after `crate::`, one by one or in braces.
fn used(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in source.split("crate::").skip(1) {
        if let Some(list) = part.strip_prefix('{') {
            let mut depth = 0;
            let mut name = String::new();
            for letter in list.chars() {
                match letter {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => names.push(std::mem::take(&mut name)),
                    letter if depth == 0 => name.push(letter),
                    _ => {}
                }
            }
            names.push(name);
        } else {
            names.push(part.to_owned());
        }
    }
    let first_word = |name: String| {
        let word = |letter: char| letter.is_alphanumeric() || letter == '_';
        name.trim()
            .chars()
            .take_while(|letter| word(*letter))
            .collect::<String>()
    };
    names
        .into_iter()
        .map(first_word)
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn every_module_has_its_layer() {
    for entry in fs::read_dir("src").unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(
            name == "lib" || layer(name).is_some(),
            "{name} stands in no layer"
        );
    }
}

#[test]
fn a_module_uses_only_what_stands_below_it() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (above, module) in LAYERS
        .iter()
        .enumerate()
        .flat_map(|(n, layer)| layer.iter().map(move |m| (n, *m)))
    {
        let mut files = Vec::new();
        for path in [format!("src/{module}"), format!("src/{module}.rs")] {
            if Path::new(&path).exists() {
                sources(Path::new(&path), &mut files);
            }
        }
        for (path, source) in files {
            for name in used(&source).iter().filter(|name| *name != module) {
                seen += 1;
                if layer(name).is_none_or(|below| below <= above) {
                    wrong.push(format!("{path} uses {name}"));
                }
            }
        }
    }
    assert!(
        seen > 20,
        "only {seen} uses were found: is the reader broken?"
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_telemetry_names_an_sdk_or_an_exporter() {
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    let names = [
        "opentelemetry_sdk",
        "opentelemetry_otlp",
        "opentelemetry_prometheus",
        "tracing_subscriber",
    ];
    let outside: Vec<_> = files
        .iter()
        .filter(|(path, _)| !path.starts_with("src/telemetry"))
        .filter(|(_, source)| names.iter().any(|name| source.contains(name)))
        .map(|(path, _)| path)
        .collect();
    assert!(outside.is_empty(), "{outside:?}");
}

#[test]
fn every_file_opens_with_its_duty_and_stays_short() {
    let mut files = Vec::new();
    for folder in ["src", "tests", "benches"] {
        sources(Path::new(folder), &mut files);
    }
    for (path, source) in files {
        assert!(source.starts_with("//!"), "{path} does not say its duty");
        let lines = source.lines().count();
        assert!(lines <= 300, "{path} has {lines} lines: is it two things?");
    }
}

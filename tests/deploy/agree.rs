//! Values that stand in several files agree: image tags, variables, intervals, mounted files.

use std::collections::{BTreeMap, BTreeSet};

use crate::files::{below, between, read, root};

/// Image name -> tags, each with a file that contains it, beside the image or as kustomize's `newTag`.
fn images(files: &[(String, String)]) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut found: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (file, text) in files {
        let mut named = "";
        for line in text.lines() {
            let line = line.trim_start().trim_start_matches("- ");
            let image = line
                .strip_prefix("image: ")
                .unwrap_or_default()
                .trim_matches('"');
            let image = image.strip_prefix("${HTTPSERVER_IMAGE:-").unwrap_or(image);
            let image = image.trim_end_matches('}');
            let (name, tag) = match line.split_once(": ") {
                Some(("name", name)) => {
                    named = name;
                    continue;
                }
                Some(("newTag", tag)) => (named, tag),
                _ => image.rsplit_once(':').unwrap_or((image, "")),
            };
            let tags = found.entry(name.to_owned()).or_default();
            if !tag.is_empty() {
                tags.insert(tag.to_owned(), file.clone());
            }
        }
    }
    found.remove("");
    found
}

#[test]
fn an_image_has_one_tag_in_compose_and_in_kubernetes() {
    let mut files = vec![("docker-compose.yml".to_owned(), read("docker-compose.yml"))];
    for path in below("k8s", ".yaml") {
        let name = path
            .strip_prefix(root())
            .unwrap()
            .to_string_lossy()
            .into_owned();
        files.push((name.clone(), read(&name)));
    }
    let images = images(&files);
    let apart: Vec<_> = images.iter().filter(|(_, tags)| tags.len() != 1).collect();
    assert!(apart.is_empty(), "{apart:#?}");
    for part in [
        "httpserver",
        "prom/prometheus",
        "jaegertracing/jaeger",
        "grafana/grafana",
    ] {
        assert!(images.contains_key(part), "no {part} among {images:#?}");
    }
}

#[test]
fn every_variable_of_the_compose_file_is_documented_with_its_default() {
    let docs = read("docs/compose.md");
    let compose = read("docker-compose.yml");
    let variables = between(&compose, "${", '}');
    assert!(variables.len() >= 10, "only {variables:?}");
    for variable in variables {
        let end = variable.find([':', '-']).unwrap_or(variable.len());
        let (name, default) = variable.split_at(end);
        let default = default.trim_start_matches(':').trim_start_matches('-');
        let row = docs
            .lines()
            .find(|line| line.contains(&format!("| `{name}` |")))
            .unwrap_or_else(|| panic!("docs/compose.md has no row for {name}"));
        assert!(
            row.contains(&format!("`{default}`")),
            "{name}: {default} is not in {row}"
        );
    }
}

#[test]
fn every_setting_of_the_containers_is_one_that_the_binary_reads() {
    let sources: String = below("src", ".rs")
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let known: BTreeSet<_> = between(&sources, "env = \"", '"').into_iter().collect();
    let compose = read("docker-compose.yml");
    let settings = compose
        .lines()
        .filter_map(|line| line.trim_start().split_once(": "))
        .map(|(key, _)| key)
        .filter(|key| key.starts_with("HTTPSERVER_"));
    let unknown: Vec<_> = settings.filter(|key| !known.contains(key)).collect();
    assert!(
        unknown.is_empty(),
        "the binary reads none of {unknown:?}, only {known:?}"
    );
}

#[test]
fn the_links_of_the_page_have_the_ports_that_compose_publishes() {
    let compose = read("docker-compose.yml");
    for (link, port) in [
        ("TRACE_URL", "JAEGER_PORT"),
        ("PROMETHEUS_URL", "PROMETHEUS_PORT"),
        ("GRAFANA_URL", "GRAFANA_PORT"),
    ] {
        let published = between(&compose, &format!("127.0.0.1:${{{port}-"), '}');
        let [default] = &published[..] else {
            panic!("{port} is published as {published:?}");
        };
        let url = format!("HTTPSERVER_{link}: \"http://localhost:${{{port}:-{default}}}");
        assert!(compose.contains(&url), "{url}");
    }
}

#[test]
fn every_folder_and_file_that_compose_mounts_exists() {
    let compose = read("docker-compose.yml");
    let mounted: Vec<_> = compose
        .lines()
        .filter_map(|line| line.split_once("./"))
        .filter_map(|(_, rest)| rest.split_once(":/"))
        .map(|(path, _)| path)
        .collect();
    assert!(mounted.len() >= 7, "only {mounted:?}");
    for path in mounted {
        assert!(
            root().join(path).exists(),
            "{path} is mounted and does not exist"
        );
    }
}

#[test]
fn the_data_source_knows_the_scrape_interval() {
    let interval =
        between(&read("prometheus/prometheus.yml"), "scrape_interval: ", ' ')[0].to_owned();
    let source = read("dashboards/provisioning/datasources/datasources.yml");
    assert!(
        source.contains(&format!("timeInterval: {interval}\n")),
        "scraped each {interval}: {source}"
    );
}

#[test]
fn spans_are_sorted_into_the_buckets_of_the_service() {
    let config = read("otel/collector.yml");
    let list = between(&config, "buckets: [", ']')[0];
    let bounds: Vec<f64> = list
        .split(", ")
        .map(|bound| bound.trim_end_matches("ms").parse::<f64>().unwrap() / 1e3)
        .collect();
    let service: Vec<f64> = (0..15).map(|n| 0.001 * f64::from(1 << n)).collect();
    assert_eq!(bounds, service);
}

#[test]
fn the_image_has_no_toolchain_file_and_runs_as_a_numeric_user() {
    let context = read(".dockerignore");
    assert!(context.lines().any(|line| line == "*"), "{context}");
    assert!(
        !context.lines().any(|line| line == "!rust-toolchain.toml"),
        "{context}"
    );
    let dockerfile = read("Dockerfile");
    assert!(dockerfile.contains("\nUSER 65532:65532\n"), "{dockerfile}");
    let rust = between(&read("Cargo.toml"), "rust-version = \"", '"')[0].to_owned();
    assert!(
        dockerfile.contains(&format!("ARG RUST={rust}\n")),
        "not {rust}: {dockerfile}"
    );
}

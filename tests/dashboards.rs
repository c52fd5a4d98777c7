//! Checks the dashboards by reading their JSON; does not render them or run their queries.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

const DASHBOARDS: [&str; 2] = ["latency.json", "pipeline.json"];

#[test]
fn every_dashboard_opens_by_a_fixed_uid_on_recent_data() {
    let mut uids = BTreeSet::new();
    for file in DASHBOARDS {
        let board = board(file);
        let uid = text(&board, "/uid");
        assert!(uid.starts_with("httpserver-"), "{file}: uid {uid:?}");
        assert!(uids.insert(uid.to_owned()), "{file}: {uid:?} is taken");
        assert_eq!(text(&board, "/time/to"), "now", "{file}");
        assert!(!text(&board, "/refresh").is_empty(), "{file}: no refresh");
    }
}

#[test]
fn a_dashboard_can_be_imported_anywhere() {
    for file in DASHBOARDS {
        let board = board(file);
        for key in ["__inputs", "__requires", "id"] {
            assert!(
                board.get(key).is_none(),
                "{file}: {key} ties it to one Grafana"
            );
        }
        let variables = board
            .pointer("/templating/list")
            .and_then(Value::as_array)
            .unwrap();
        let source = variables
            .iter()
            .find(|v| v["name"] == "datasource")
            .unwrap();
        assert_eq!(source["type"], "datasource", "{file}");
        assert_eq!(source["query"], "prometheus", "{file}");
        for asking in variables.iter().filter(|v| v["type"] == "query") {
            assert_eq!(
                asking["datasource"]["uid"], "${datasource}",
                "{file}: {}",
                asking["name"]
            );
        }
    }
}

#[test]
fn every_panel_has_its_own_id_and_place() {
    for file in DASHBOARDS {
        let (mut ids, mut cells) = (BTreeSet::new(), BTreeSet::new());
        for panel in panels(file) {
            let id = panel["id"].as_u64().unwrap();
            assert!(ids.insert(id), "{}: the id is taken", name(file, &panel));
            let [x, y, w, h] =
                ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().unwrap());
            assert!(x + w <= 24, "{}: wider than the page", name(file, &panel));
            for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
                assert!(
                    cells.insert(cell),
                    "{}: overlaps another panel",
                    name(file, &panel)
                );
            }
        }
    }
}

#[test]
fn every_panel_has_a_description() {
    for (file, panel) in drawn() {
        let explained = text(&panel, "/description").len();
        assert!(
            explained >= 50,
            "{}: a description of {explained} bytes is too short",
            name(file, &panel)
        );
    }
}

#[test]
fn every_number_has_a_unit() {
    for (file, panel) in drawn() {
        let unit = panel.pointer("/fieldConfig/defaults/unit");
        let explained = panel["type"] == "text" || unit.is_some_and(|unit| unit != "");
        assert!(explained, "{}: no unit", name(file, &panel));
    }
}

#[test]
fn every_query_uses_the_selected_data_source() {
    for (file, panel) in drawn()
        .into_iter()
        .filter(|(_, panel)| panel["type"] != "text")
    {
        assert!(
            !targets(&panel).is_empty(),
            "{}: no query",
            name(file, &panel)
        );
        for asked in targets(&panel).iter().chain([&panel]) {
            assert_eq!(
                asked["datasource"]["uid"],
                "${datasource}",
                "{}",
                name(file, &panel)
            );
        }
    }
}

#[test]
fn buckets_are_drawn_separately_and_not_cumulated() {
    let mut seen = 0;
    for (at, target) in queries() {
        let query = text(&target, "/expr");
        if query.contains("by (le)") && !query.contains("histogram_quantile(") {
            assert_eq!(target["format"], "heatmap", "{at}: {query}");
            seen += 1;
        }
    }
    assert!(
        seen >= 2,
        "expected at least the heatmap and the bars, found {seen}"
    );
}

#[test]
fn a_bucket_bound_is_never_compared_as_text() {
    for (at, target) in queries() {
        let query = text(&target, "/expr");
        for equality in ["le=\"", "le!=\"", "le!~\""] {
            let exact = query
                .match_indices(equality)
                .any(|(i, _)| starts_a_label(query, i));
            assert!(!exact, "{at}: 1 may be written 1.0: {query}");
        }
    }
}

#[test]
fn jobs_and_replicas_are_selected_only_by_variables() {
    for (at, target) in queries() {
        let query = text(&target, "/expr");
        for label in ["job", "instance"] {
            let chosen = query.matches(&format!("{label}=~\"${label}\"")).count();
            let named = [format!("{label}="), format!("{label}!")];
            let named: usize = named
                .iter()
                .map(|n| query.matches(n.as_str()).count())
                .sum();
            assert_eq!(named, chosen, "{at}: {label} is hard-coded: {query}");
        }
    }
}

#[test]
fn an_error_against_the_truth_is_taken_over_five_minutes() {
    let mut seen = 0;
    for (at, target) in queries() {
        let query = text(&target, "/expr");
        if query.contains("cloudnative_truth_quantile_seconds")
            && query.contains("histogram_quantile(")
        {
            assert!(query.contains("[5m]"), "{at}: {query}");
            assert!(!query.contains("$__rate_interval"), "{at}: {query}");
            seen += 1;
        }
    }
    assert!(
        seen >= 4,
        "expected at least two stats and two lines, found {seen}"
    );
}

#[test]
fn compose_and_kubernetes_include_every_dashboard() {
    let listed = fs::read_to_string(folder().join("kustomization.yaml")).unwrap();
    for entry in fs::read_dir(folder()).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        if Path::new(&file)
            .extension()
            .is_some_and(|ending| ending == "json")
        {
            assert!(
                listed.contains(&format!("- {file}\n")),
                "kustomization.yaml lacks {file}"
            );
            assert!(
                DASHBOARDS.contains(&file.as_str()),
                "{file} is not tested here"
            );
        }
    }
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/dashboards"))
}

fn board(file: &str) -> Value {
    let json = fs::read_to_string(folder().join(file)).unwrap();
    serde_json::from_str(&json).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Every panel with the rows between them.
fn panels(file: &str) -> Vec<Value> {
    let board = board(file);
    let panels = board["panels"].as_array().unwrap();
    assert!(panels.len() > 15, "{file}: {} panels", panels.len());
    let nested = panels
        .iter()
        .flat_map(|panel| panel["panels"].as_array().into_iter().flatten());
    panels.iter().chain(nested).cloned().collect()
}

/// Every panel except rows, with its file.
fn drawn() -> Vec<(&'static str, Value)> {
    let all = DASHBOARDS
        .iter()
        .flat_map(|file| panels(file).into_iter().map(move |panel| (*file, panel)));
    all.filter(|(_, panel)| panel["type"] != "row").collect()
}

fn targets(panel: &Value) -> Vec<Value> {
    panel["targets"].as_array().cloned().unwrap_or_default()
}

/// Every query and its panel.
fn queries() -> Vec<(String, Value)> {
    let of = |(file, panel): (&str, Value)| {
        let at = name(file, &panel);
        targets(&panel)
            .into_iter()
            .map(move |target| (at.clone(), target))
    };
    drawn().into_iter().flat_map(of).collect()
}

fn name(file: &str, panel: &Value) -> String {
    format!("{file}, panel {} {}", panel["id"], panel["title"])
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no text at {pointer} in {value}"))
}

/// Whether a label's name begins at `i`, and is not the end of a longer word such as `role="..."`.
fn starts_a_label(query: &str, i: usize) -> bool {
    !query[..i].ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

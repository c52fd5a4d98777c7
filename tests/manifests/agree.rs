//! Values that must agree between different files.

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};

use crate::objects::{Object, objects, parse, root};

fn pods() -> Vec<Object> {
    let mut found = objects();
    found.retain(|object| object.template().is_some());
    assert!(found.len() >= 7, "only {} objects make pods", found.len());
    found
}

fn strings(value: &Value) -> BTreeSet<String> {
    let values = value.as_array().into_iter().flatten();
    values
        .filter_map(|v| v.as_str().map(str::to_owned))
        .collect()
}

#[test]
fn the_operator_s_rules_are_prometheus_s_own() {
    let own = parse(&root().join("prometheus/rules.yml"));
    let rule = parse(&root().join("k8s/prometheus-operator/prometheus-rule.yaml"));
    assert_eq!(
        rule[0]["spec"], own[0],
        "k8s/prometheus-operator/make-rule.sh makes them the same"
    );
}

#[test]
fn prometheus_discovers_only_namespaces_that_a_role_allows() {
    let scrape = parse(&root().join("prometheus/scrape/kubernetes.yml"));
    let looks =
        strings(&scrape[0]["scrape_configs"][0]["kubernetes_sd_configs"][0]["namespaces"]["names"]);
    assert!(
        !looks.is_empty(),
        "it would look everywhere, and be refused"
    );
    for kind in ["Role", "RoleBinding"] {
        let opened: BTreeSet<_> = objects()
            .into_iter()
            .filter(|object| object.kind() == kind)
            .map(|object| object.namespace)
            .collect();
        assert_eq!(looks, opened, "{kind}");
    }
}

#[test]
fn every_pod_drops_privileges_that_it_does_not_need() {
    for object in pods() {
        let pod = &object.template().unwrap()["spec"];
        let context = &pod["securityContext"];
        let says = |what: &str| format!("{}: {} {what}", object.file, object.name());
        assert_eq!(context["runAsNonRoot"], true, "{}", says("may be root"));
        assert!(
            context["runAsUser"].as_u64() > Some(0),
            "{}",
            says("has no numeric user")
        );
        assert_eq!(
            context["seccompProfile"]["type"],
            "RuntimeDefault",
            "{}",
            says("seccomp")
        );
        let token = object.name() == "prometheus";
        assert_eq!(
            pod["automountServiceAccountToken"],
            token,
            "{}",
            says("token")
        );
        for container in pod["containers"].as_array().unwrap() {
            let context = &container["securityContext"];
            assert_eq!(
                context["allowPrivilegeEscalation"],
                false,
                "{}",
                says("escalation")
            );
            assert_eq!(
                context["readOnlyRootFilesystem"],
                true,
                "{}",
                says("root is writable")
            );
            assert_eq!(
                context["capabilities"],
                json!({"drop": ["ALL"]}),
                "{}",
                says("capabilities")
            );
            let resources = &container["resources"];
            assert!(
                resources["requests"]["cpu"].is_string(),
                "{}",
                says("requests no CPU")
            );
            assert!(
                resources["limits"]["memory"].is_string(),
                "{}",
                says("has no memory limit")
            );
        }
    }
}

#[test]
fn a_draining_pod_is_given_more_time_than_it_takes() {
    // The default of --grace is the default of --max-delay and 5 s more; none of them is set here.
    const GRACE: u64 = 65;
    const SCRAPE_GRACE: u64 = 15;
    const FLUSH: u64 = 10;
    let server = pods()
        .into_iter()
        .find(|object| object.name() == "httpserver")
        .unwrap();
    let pod = &server.template().unwrap()["spec"];
    let settings = pod["containers"][0]["env"].as_array().unwrap();
    let set = |name: &str| settings.iter().find(|setting| setting["name"] == name);
    for name in [
        "HTTPSERVER_GRACE",
        "HTTPSERVER_MAX_DELAY",
        "HTTPSERVER_SCRAPE_GRACE",
    ] {
        assert!(
            set(name).is_none(),
            "{name} is set: update the sum in this test"
        );
    }
    let drain = set("HTTPSERVER_DRAIN_DELAY").unwrap()["value"]
        .as_str()
        .unwrap();
    let drain: u64 = drain.strip_suffix('s').unwrap().parse().unwrap();
    let given = pod["terminationGracePeriodSeconds"].as_u64().unwrap();
    assert!(
        given >= drain + GRACE + SCRAPE_GRACE + FLUSH,
        "{given} s for {drain} s, {GRACE} s, {SCRAPE_GRACE} s and {FLUSH} s"
    );
}

#[test]
fn every_setting_is_one_that_the_binary_reads() {
    let known = settings_of_the_binary();
    let mut seen = BTreeSet::new();
    for object in pods() {
        let container = &object.template().unwrap()["spec"]["containers"][0];
        let settings = container["env"].as_array().into_iter().flatten();
        seen.extend(settings.filter_map(|s| s["name"].as_str().map(str::to_owned)));
    }
    for folder in ["k8s", "k8s/httpserver"] {
        let file = parse(&root().join(folder).join("kustomization.yaml"));
        let literals = strings(&file[0]["configMapGenerator"][0]["literals"]);
        seen.extend(
            literals
                .iter()
                .filter_map(|l| l.split_once('='))
                .map(|(name, _)| name.to_owned()),
        );
    }
    seen.retain(|name| name.starts_with("HTTPSERVER_"));
    assert!(seen.len() >= 6, "only {seen:?}");
    let unknown: Vec<_> = seen.difference(&known).collect();
    assert!(unknown.is_empty(), "the binary reads none of {unknown:?}");
}

fn settings_of_the_binary() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(path).unwrap();
                let said = text.split("env = \"").skip(1);
                found.extend(
                    said.filter_map(|rest| rest.split_once('"'))
                        .map(|(name, _)| name.to_owned()),
                );
            }
        }
    }
    found
}

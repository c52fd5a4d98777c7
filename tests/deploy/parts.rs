//! Prometheus and the collector check their own configs; skipped with a message if they are not installed.

use std::{fs, path::PathBuf, process::Command};

use crate::files::{read, root};

/// Runs a part in the repository's root. `None` if it is not on `PATH`, which is a failure with `LAB_REQUIRED=1`.
fn run(part: &str, arguments: &[&str]) -> Option<()> {
    let output = match Command::new(part)
        .args(arguments)
        .current_dir(root())
        .output()
    {
        Ok(output) => output,
        Err(error) => {
            assert!(
                std::env::var_os("LAB_REQUIRED").is_none(),
                "{part}: {error}"
            );
            eprintln!("skipped: {part} is not on PATH");
            return None;
        }
    };
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{part} {arguments:?}: {said}");
    Some(())
}

/// Prometheus' config folder as in the container, with one kind of service discovery.
fn folder(scrape: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("prometheus-{scrape}"));
    fs::create_dir_all(&folder).unwrap();
    let files = [
        ("prometheus.yml", "prometheus.yml".to_owned()),
        ("rules.yml", "rules.yml".to_owned()),
        ("scrape.yml", format!("scrape/{scrape}.yml")),
    ];
    for (to, from) in files {
        fs::write(folder.join(to), read(&format!("prometheus/{from}"))).unwrap();
    }
    folder
}

#[test]
fn prometheus_accepts_its_config_with_either_discovery() {
    for scrape in ["compose", "kubernetes"] {
        let config = folder(scrape).join("prometheus.yml");
        let check = [
            "check",
            "config",
            "--lint=all",
            "--lint-fatal",
            config.to_str().unwrap(),
        ];
        run("promtool", &check);
    }
}

#[test]
fn every_alert_fires_in_the_calculated_minute() {
    for file in ["rules_test.yml", "rules_days_test.yml", "canary_test.yml"] {
        run(
            "promtool",
            &["test", "rules", &format!("prometheus/{file}")],
        );
    }
}

#[test]
fn the_collector_accepts_its_config() {
    run("otelcol", &["validate", "--config=otel/collector.yml"]);
}

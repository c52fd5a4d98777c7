//! The structure of the sources: the order of modules, no circles between files, and limits that every file keeps.

#![expect(clippy::unwrap_used, clippy::panic, reason = "test helpers may panic")]

mod modules;
mod order;
mod reader;
mod syntax;
mod tables;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use modules::Crate;
use order::{circles, violations};
use tables::{TABLES, TELEMETRY_ONLY};

/// All `.rs` files below a folder, without build output.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("target") {
            continue;
        }
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The root files of benches, tests, examples and fuzz targets.
fn roots() -> Vec<PathBuf> {
    let folders = ["benches", "tests", "examples", "fuzz/fuzz_targets"];
    let entries = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap());
    entries
        .map(|entry| entry.unwrap().path())
        .filter_map(|path| {
            let root = if path.is_dir() {
                path.join("main.rs")
            } else {
                path
            };
            (root.exists() && root.extension().is_some_and(|ending| ending == "rs")).then_some(root)
        })
        .collect()
}

#[test]
fn every_module_uses_only_modules_below_it() {
    let library = Crate::library();
    let uses: usize = (0..library.modules.len())
        .map(|module| library.uses(module).len())
        .sum();
    assert!(
        uses > 500,
        "only {uses} uses were found: is the reader broken?"
    );
    let wrong: Vec<_> = TABLES
        .iter()
        .flat_map(|table| violations(&library, table))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_row_names_modules_that_exist() {
    let library = Crate::library();
    for table in TABLES {
        for name in table
            .rows
            .iter()
            .copied()
            .flatten()
            .filter(|name| **name != "mod")
        {
            let path: Vec<_> = table
                .of
                .split("::")
                .chain([*name])
                .filter(|name| !name.is_empty())
                .collect();
            assert!(
                library.modules.iter().any(|module| module.path == path),
                "{path:?}"
            );
        }
    }
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let mut found: Vec<String> = Vec::new();
    for root in [PathBuf::from("src/lib.rs")].into_iter().chain(roots()) {
        let files = Crate::load(&root).files();
        let files: Vec<(String, BTreeSet<String>)> = files
            .into_iter()
            .map(|(file, used)| {
                let name = |file: &PathBuf| file.display().to_string();
                (name(&file), used.iter().map(name).collect())
            })
            .collect();
        found.extend(circles(&files));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn only_telemetry_names_an_sdk_an_exporter_or_a_subscriber() {
    let library = Crate::library();
    let names = |prefix: &str| -> Vec<String> {
        let modules = library.modules.iter();
        modules
            .filter(|module| {
                let scope = &module.scope;
                let imports = scope.imports.iter().map(|import| &import.path);
                let mut paths = imports.chain(&scope.mentions);
                paths.any(|path| path.first().is_some_and(|first| first.starts_with(prefix)))
            })
            .map(|module| module.path.join("::"))
            .collect()
    };
    for name in TELEMETRY_ONLY {
        let mut users = names(name);
        assert!(
            users.iter().any(|user| user.starts_with("telemetry")),
            "{name} is not used"
        );
        users.retain(|user| !user.starts_with("telemetry"));
        assert!(users.is_empty(), "{name}: {users:?}");
    }
    let contract: Vec<_> = names("opentelemetry")
        .into_iter()
        .filter(|user| user.starts_with("contract"))
        .collect();
    assert!(contract.is_empty(), "{contract:?}");
}

#[test]
fn every_file_opens_with_its_duty_and_stays_short() {
    let mut files = Vec::new();
    for folder in ["src", "tests", "benches", "examples", "fuzz/fuzz_targets"] {
        sources(Path::new(folder), &mut files);
    }
    for file in files {
        let source = fs::read_to_string(&file).unwrap();
        assert!(
            source.starts_with("//!"),
            "{} does not start with `//!`",
            file.display()
        );
        let lines = source.lines().count();
        assert!(
            lines <= 300,
            "{} has {lines} lines; the limit is 300",
            file.display()
        );
    }
}

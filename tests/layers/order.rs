//! Checks a table against what modules use, and finds circles.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
};

use crate::{
    modules::{Crate, Module},
    tables::Table,
};

/// Uses that go upwards or sideways, and modules that are in no row.
pub fn violations(sources: &Crate, table: &Table) -> Vec<String> {
    let of: Vec<&str> = table
        .of
        .split("::")
        .filter(|name| !name.is_empty())
        .collect();
    let is_inner = !of.is_empty();
    let part = |module: &Module| -> Option<String> {
        let rest = module
            .path
            .strip_prefix(&of.iter().map(ToString::to_string).collect::<Vec<_>>()[..])?;
        match rest.first() {
            Some(name) => Some(name.clone()),
            None => is_inner.then(|| "mod".to_owned()),
        }
    };
    let row = |part: &str| table.rows.iter().position(|row| row.contains(&part));
    let mut wrong = BTreeSet::new();
    for (id, module) in sources.modules.iter().enumerate() {
        let Some(from) = part(module) else { continue };
        if is_inner && module.is_test {
            continue;
        }
        let Some(above) = row(&from) else {
            wrong.insert(format!(
                "{from} is in no row of the table of `{}`",
                table.of
            ));
            continue;
        };
        for found in sources.uses(id) {
            let last = found.named.len() - 1;
            for (n, named) in found.named.iter().enumerate() {
                let named = &sources.modules[*named];
                // a re-export of the module itself or one above it is a shorthand for what it names
                let is_shorthand = n < last && module.path.starts_with(&named.path);
                let Some(to) = part(named).filter(|to| *to != from && !is_shorthand) else {
                    continue;
                };
                let is_below = row(&to)
                    .is_some_and(|below| below > above || table.row_mates && below == above);
                if !is_below {
                    wrong.insert(format!("{} uses {}", describe(module), describe(named)));
                }
            }
        }
    }
    wrong.into_iter().collect()
}

fn describe(module: &Module) -> String {
    format!("{} ({})", module.path.join("::"), module.file.display())
}

/// The groups of nodes that reach each other.
pub fn circles<T: Ord + Clone + Display>(graph: &[(T, BTreeSet<T>)]) -> Vec<String> {
    let edges: BTreeMap<&T, &BTreeSet<T>> = graph.iter().map(|(node, used)| (node, used)).collect();
    let reached = |start: &T| {
        let mut found = BTreeSet::new();
        let mut open: Vec<&T> = edges.get(start).into_iter().copied().flatten().collect();
        while let Some(node) = open.pop() {
            if found.insert(node.clone()) {
                open.extend(edges.get(node).into_iter().copied().flatten());
            }
        }
        found
    };
    let reached: BTreeMap<&T, BTreeSet<T>> =
        edges.keys().map(|node| (*node, reached(node))).collect();
    let in_circle = reached
        .iter()
        .filter(|(node, found)| found.contains(**node));
    let groups: BTreeSet<Vec<String>> = in_circle
        .map(|(node, found)| {
            let back = |other: &&T| {
                reached
                    .get(*other)
                    .is_some_and(|found| found.contains(*node))
            };
            found.iter().filter(back).map(ToString::to_string).collect()
        })
        .collect();
    groups
        .into_iter()
        .map(|group| group.join(" <-> "))
        .collect()
}

//! The reader itself: what it must find, and what it must not take for a use.

use std::collections::BTreeSet;

use crate::{
    modules::Crate,
    order::{circles, violations},
    tables::Table,
};

const TABLE: Table = Table {
    of: "",
    row_mates: false,
    rows: &[&["high"], &["middle", "beside"], &["low"]],
};

fn check(source: &str) -> Vec<String> {
    violations(&Crate::inline(source), &TABLE)
}

fn assert_wrong(source: &str, from: &str, to: &str) {
    let found = check(source);
    let expected = format!("{from} () uses {to} ()");
    assert!(found.contains(&expected), "{source}: {found:?}");
}

#[test]
fn uses_of_lower_modules_are_right() {
    let source = "
        mod high { use crate::{low, middle::Thing}; fn f() -> Thing { low::make() } }
        mod middle { pub use crate::low::Made as Thing; mod inner { use super::super::low::Made; use super::Thing; } }
        mod low { pub struct Made; pub fn make() -> Made { Made } }";
    assert_eq!(check(source), Vec::<String>::new());
}

#[test]
fn every_form_of_a_path_is_seen() {
    for used in [
        "use crate::high;",
        "use crate::{low, high::Thing};",
        "use crate::high::*;",
        "use super::high::Thing as Other;",
        "fn f() { crate::high::f(); }",
        "fn f(x: Option<Vec<super::high::Thing>>) {}",
        "fn f() { let high::Thing = 1; use super::high; }",
        "fn f() { assert!(matches!(1, crate::high::Thing)); }",
        "#[command(value_parser = crate::high::f)] struct A;",
        "impl crate::high::Trait for A {}",
        "#[cfg(test)] mod tests { use crate::high::Thing; }",
    ] {
        let source = format!("mod high {{ pub struct Thing; }} mod low {{ {used} }}");
        let found = check(&source);
        assert!(
            found.iter().any(|use_| use_.ends_with("uses high ()")),
            "{used}: {found:?}"
        );
    }
}

#[test]
fn super_that_climbs_out_is_seen() {
    let source = "
        mod high { pub struct Thing; }
        mod low { mod inner { fn f(_: super::super::high::Thing) {} } }";
    assert_wrong(source, "low::inner", "high");
}

#[test]
fn a_re_export_is_followed_to_the_module_that_it_names() {
    let source = "
        mod high { pub struct Thing; }
        mod middle { mod inner { pub use crate::high::Thing; } pub use inner::Thing; }
        mod beside { use crate::high as renamed; fn f() -> renamed::Thing {} }
        mod low { use crate::middle::Thing; }";
    assert_wrong(source, "low", "high");
    assert_wrong(source, "low", "middle");
    assert_wrong(source, "middle::inner", "high");
    assert_wrong(source, "beside", "high");
}

#[test]
fn a_re_export_at_the_root_or_by_glob_is_followed() {
    let source = "
        pub use high::Thing;
        mod high { pub struct Thing; }
        mod middle { pub use crate::high::*; }
        mod low { use crate::Thing; mod inner { use crate::middle::*; fn f() -> Thing {} } }";
    assert_wrong(source, "low", "high");
    assert_wrong(source, "low::inner", "high");
}

#[test]
fn modules_of_one_row_do_not_use_each_other_unless_the_table_says_so() {
    let source = "mod middle { use crate::beside::f; } mod beside { pub fn f() {} }";
    assert_wrong(source, "middle", "beside");
    let table = Table {
        row_mates: true,
        ..TABLE
    };
    assert!(violations(&Crate::inline(source), &table).is_empty());
}

#[test]
fn other_crates_texts_comments_and_visibilities_are_not_uses() {
    let source = r#"
        mod high { pub struct Thing; }
        mod low {
            //! See crate::high.
            use std::high::Thing;
            pub(in crate::high) struct A;
            fn f(high: u8) { println!("crate::high {}", high); }
        }"#;
    assert_eq!(check(source), Vec::<String>::new());
}

#[test]
fn a_module_without_a_row_is_reported() {
    assert_eq!(
        check("mod elsewhere {}"),
        ["elsewhere is in no row of the table of ``"]
    );
}

#[test]
fn an_inner_table_holds_the_order_within_a_module() {
    let table = Table {
        of: "outer",
        row_mates: false,
        rows: &[&["mod"], &["upper"], &["lower"]],
    };
    let wrong = "mod outer { mod upper { pub struct A; } mod lower { use super::upper::A; } }";
    assert_eq!(violations(&Crate::inline(wrong), &table).len(), 1);
    let up = "mod outer { pub struct A; mod upper { } mod lower { use super::A; } }";
    assert_eq!(violations(&Crate::inline(up), &table).len(), 1);
    let right = "mod outer { pub use lower::A; fn f(_: A) {} mod upper { use super::A; } mod lower { pub struct A; } }";
    assert!(violations(&Crate::inline(right), &table).is_empty());
}

#[test]
fn circles_are_reported_by_their_names() {
    let graph = [
        ("a", "b"),
        ("b", "c"),
        ("c", "a"),
        ("d", "a"),
        ("e", "f"),
        ("f", "e"),
        ("g", "x"),
    ];
    let graph = graph.map(|(from, to)| (from, BTreeSet::from([to])));
    assert_eq!(circles(&graph), ["a <-> b <-> c", "e <-> f"]);
}

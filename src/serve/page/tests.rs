//! The files of the page against its folder, and what none of them may contain.

use std::{collections::BTreeSet, fs};

use super::*;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/serve/page/web");

#[test]
fn every_file_of_the_folder_is_served_under_its_name() {
    let entries = fs::read_dir(FOLDER).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let served = FILES
        .iter()
        .map(|file| file.path.strip_prefix("/page/").unwrap().to_owned());
    let served: BTreeSet<_> = served.chain(["index.html".to_owned()]).collect();
    assert_eq!(names.collect::<BTreeSet<_>>(), served);
    assert_eq!(served.len(), FILES.len() + 1, "a file is listed twice");
}

/// All that is sent, as text.
fn sent() -> impl Iterator<Item = (&'static str, &'static str)> {
    let files = [&INDEX].into_iter().chain(FILES);
    files.map(|file| (file.path, std::str::from_utf8(file.content).unwrap()))
}

/// Ways to insert HTML, and what the policy forbids.
#[test]
fn nothing_inserts_html_or_is_inline() {
    for (path, content) in sent() {
        for word in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "createContextualFragment",
            "setHTMLUnsafe",
            "srcdoc",
            "javascript:",
            "style=",
            "<style",
            "new Function",
        ] {
            assert!(!content.contains(word), "{path} has {word}");
        }
        let is_eval = |at: usize| !content[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
        let mut evals = content.match_indices("eval(");
        assert!(!evals.any(|(at, _)| is_eval(at)), "{path} has eval(");
        let handler = content.match_indices(" on").find(|(at, _)| {
            let rest = content[at + 3..].trim_start_matches(|c: char| c.is_ascii_lowercase());
            rest.starts_with("=\"") || rest.starts_with("='")
        });
        assert_eq!(handler, None, "{path} has an inline handler");
    }
    let (_, html) = sent().next().unwrap();
    for (at, _) in html.match_indices("<script") {
        let tag = html[at..].split_once("</script>").unwrap().0;
        assert!(tag.contains(" src=\"page/") && tag.ends_with('>'), "{tag}");
    }
}

#[test]
fn no_file_names_another_origin() {
    for (path, content) in sent() {
        for line in content.lines() {
            for (at, _) in line
                .match_indices("http")
                .filter(|(at, _)| is_url(&line[*at..]))
            {
                let is_allowed = line[at..].starts_with("http://www.w3.org/2000/svg")
                    || is_in_comment(&line[..at]);
                assert!(is_allowed, "{path}: {line}");
            }
        }
    }
}

fn is_url(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

/// Whether a line that begins so goes on with a comment, for documentation links.
fn is_in_comment(start: &str) -> bool {
    let begins = ["//", "/*", "<!--"].iter().any(|sign| start.contains(sign));
    begins || start.trim_start().starts_with('*')
}

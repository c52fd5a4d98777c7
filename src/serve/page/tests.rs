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

//! Another clock for a program, by `libfaketime`. Where that is not installed a test is skipped, also where the other parts are
//! required.

use std::path::Path;

/// Where distributions install it.
const LIBRARIES: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib64/faketime/libfaketimeMT.so.1",
];

/// The variables that give a program the clock of this file, such as `+10m`; not the monotonic one. `None` skips the test.
pub(crate) fn clock_of(file: &Path) -> Option<[(&'static str, String); 4]> {
    let Some(library) = LIBRARIES.iter().find(|path| Path::new(path).exists()) else {
        eprintln!("skipped: no libfaketime");
        return None;
    };
    Some([
        ("LD_PRELOAD", (*library).to_owned()),
        ("FAKETIME_TIMESTAMP_FILE", file.display().to_string()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ("FAKETIME_NO_CACHE", "1".to_owned()),
    ])
}

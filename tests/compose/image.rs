//! Size, user and health check of the image.

use std::process::Command;

use crate::stack::IMAGE;

/// Largest image, in bytes.
const LIMIT: u64 = 25_000_000;

pub(crate) fn is_small_and_not_root() {
    let format = "{{.Size}} {{.Config.User}} {{json .Config.Healthcheck.Test}}";
    let output = Command::new("docker")
        .args(["image", "inspect", "--format", format, IMAGE])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let (size, rest) = said.trim().split_once(' ').unwrap();
    eprintln!("image: {size} bytes");
    assert!(
        size.parse::<u64>().unwrap() <= LIMIT,
        "the image has {size} bytes"
    );
    assert_eq!(rest, r#"65532:65532 ["CMD","/httpserver","healthcheck"]"#);
}

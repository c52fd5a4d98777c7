//! Wrong files and variables of credentials, and two that contradict each other, are wrong usage; no secret is printed.

use std::process::Command;

use super::{shows_nothing, write};
use crate::{parts::Folder, verify::Verify};

#[test]
fn contradictions_and_wrong_files_are_usage_errors_without_their_secrets() {
    let folder = Folder::new("secrets");
    let token = write(&folder, "token.yml", "bearer_token: hunter2");
    let wrong = write(&folder, "wrong.yml", "basic_auth: {pasword: hunter2}");
    let own = ["--target-http-config", &token];
    let (flag, url) = ("--target", "http://me:hunter2@127.0.0.1:1/images");
    for (flags, words) in [
        (
            &["--traces-http-config", &wrong][..],
            &["--traces-http-config", "wrong.yml", "`pasword`", "password"][..],
        ),
        (
            &["--metrics-http-config", "/none"],
            &["--metrics-http-config", "/none", "cannot be read"],
        ),
        (
            &[&own[..], &["--header", "authorization: hunter2"]].concat(),
            &["--header", "`bearer_token`"],
        ),
        (
            &[&own[..], &[flag, url]].concat(),
            &["`bearer_token`", "the user in the URL of --target"],
        ),
    ] {
        let report = Verify::default().flags(flags).run();
        report.refuses(words);
        shows_nothing(&report, &["hunter2"]);
    }
    let both = Verify::default().flags(&own);
    let both = both.variable("HTTPSERVER_TARGET_TOKEN", "hunter2").run();
    both.refuses(&["`bearer_token`", "HTTPSERVER_TARGET_TOKEN"]);
    let bad = Verify::default().variable("HTTPSERVER_JAEGER_TOKEN", "hunter2\u{1}");
    let bad = bad.run();
    bad.refuses(&["HTTPSERVER_JAEGER_TOKEN", "character"]);
    shows_nothing(&bad, &["hunter2"]);
}

#[test]
fn load_refuses_wrong_credentials_before_it_sends_and_shows_none() {
    let folder = Folder::new("secrets");
    let wrong = write(&folder, "wrong.yml", "bearer_tokens: hunter2");
    for (name, value, word) in [
        (
            "HTTPSERVER_TARGET_HTTP_CONFIG",
            wrong.as_str(),
            "`bearer_tokens`",
        ),
        (
            "HTTPSERVER_TARGET_TOKEN",
            "hunter2\u{1}",
            "HTTPSERVER_TARGET_TOKEN",
        ),
    ] {
        let mut load = Command::new(env!("CARGO_BIN_EXE_httpserver"));
        load.args(["load", "http://127.0.0.1:1/", "--duration", "1s"]);
        let ended = load.env(name, value).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(2), "{said}");
        assert!(said.contains(word) && !said.contains("hunter2"), "{said}");
    }
}

//! Each destination gets its own credentials, and no other one; no secret is printed; each is asked before the load.

mod refused;
mod tls;

use serde_json::json;

use crate::{
    asked::fake,
    parts::{Folder, Jaeger, absent, free_address},
    proxy::{Faults, Proxy},
    verify::{Report, Verify},
    world::{accepted, metrics, scraped, scraping, service, traced, until_accepted},
};

/// `me:secret-of-prometheus`, as basic authentication sends it.
const BASIC: &str = "Basic bWU6c2VjcmV0LW9mLXByb21ldGhldXM=";

/// A directory with files of secrets.
fn write(folder: &Folder, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn asks_for(authorization: &'static str) -> Faults {
    Faults {
        authorization: Some(authorization),
        ..Faults::default()
    }
}

#[track_caller]
fn shows_nothing(report: &Report, secrets: &[&str]) {
    let said = report.stdout.clone() + &report.stderr;
    for secret in secrets {
        assert!(!said.contains(secret), "{secret}: {report}");
    }
}

#[test]
fn no_destination_sees_the_secret_of_another_and_none_is_printed() {
    if absent(&["prometheus", "jaeger"]) {
        return;
    }
    let folder = Folder::new("secrets");
    let real = Jaeger::start();
    let service = traced(&real.environment());
    let scraping = scraping(&service, &json!({}));
    let target = Proxy::start(&[service.address], asks_for("Bearer secret-of-target"));
    let pages = Proxy::start(&[service.address], Faults::default());
    let prometheus = Proxy::start(&[scraping.address], asks_for(BASIC));
    let jaeger = Proxy::start(&[real.query], asks_for("ApiKey secret-of-jaeger"));
    write(&folder, "password", "secret-of-prometheus\n");
    write(&folder, "key", "secret-of-jaeger\n");
    let file = |name, text: &str| write(&folder, name, text);
    let urls = [&prometheus, &jaeger].map(|proxy| format!("http://{}", proxy.address));
    let verify = Verify::of(target.address)
        .flags(&["--prometheus", &urls[0], "--jaeger", &urls[1]])
        .flags(&["--metrics", &metrics(pages.address)])
        .flags(&["--header", "X-Target: header-of-target"])
        .flags(&[
            "--prometheus-http-config",
            &file(
                "p.yml",
                "basic_auth:\n  username: me\n  password_file: password\n",
            ),
            "--jaeger-http-config",
            &file(
                "j.yml",
                r#"{"authorization": {"type": "ApiKey", "credentials_file": "key"}}"#,
            ),
            "--metrics-http-config",
            &file(
                "m.yml",
                "http_headers: {X-Metrics: {secrets: [secret-of-metrics]}}",
            ),
        ])
        .variable("HTTPSERVER_TARGET_TOKEN", "secret-of-target")
        .variable("RUST_LOG", "trace");
    let secrets = [
        (&target, "Bearer secret-of-target"),
        (&target, "header-of-target"),
        (&pages, "secret-of-metrics"),
        (&prometheus, BASIC),
        (&jaeger, "secret-of-jaeger"),
    ];
    let report = verify.run();
    assert_eq!(report.code, 0, "{report}");
    for (own, secret) in secrets {
        for proxy in [&target, &pages, &prometheus, &jaeger] {
            let is_own = proxy.address == own.address;
            let seen = proxy.seen();
            assert!(!seen.is_empty());
            for head in seen {
                assert_eq!(head.contains(secret), is_own, "{secret}: {head}");
            }
        }
    }
    let words = ["secret-of-", "header-of-", BASIC.split_at(6).1];
    shows_nothing(&report, &words);
    // Wrong secrets are printed no more than right ones.
    let report = verify
        .variable("HTTPSERVER_TARGET_TOKEN", "other-secret")
        .run();
    report.is_denied(&["--target", "401", "HTTPSERVER_TARGET_TOKEN"]);
    shows_nothing(&report, &[&words[..], &["other-secret"]].concat());
}

#[test]
fn metrics_at_the_origin_of_the_target_get_its_credentials_unless_they_have_their_own() {
    let service = service();
    let front = Proxy::start(&[service.address], asks_for("Bearer open"));
    let verify = Verify::of(front.address).variable("HTTPSERVER_TARGET_TOKEN", "open");
    let report = verify.run();
    assert_eq!(report.code, 0, "{report}");
    report.expect("measured -> /metrics", "PASS", &[]);
    let verify = verify.variable("HTTPSERVER_METRICS_TOKEN", "other");
    let url = metrics(front.address);
    let report = verify.clone().flags(&["--metrics", &url]).run();
    report.is_denied(&["--metrics", "401", "--metrics-http-config"]);
    // Not asked for by a flag: the rest is judged.
    let report = verify.run();
    assert_eq!(report.code, 0, "{report}");
    report.expect(
        "measured -> /metrics",
        "SKIPPED",
        &["401", "HTTPSERVER_METRICS_TOKEN"],
    );
}

#[test]
fn every_destination_is_asked_before_the_load() {
    if absent(&["prometheus"]) {
        return;
    }
    let (service, prometheus) = scraped();
    let closed = Proxy::start(&[service.address], asks_for("Bearer open"));
    let hidden = Proxy::start(
        &[service.address],
        Faults {
            prefix: "/hidden",
            ..Faults::default()
        },
    );
    let closed = format!("http://{}", closed.address);
    let hidden = format!("http://{}", hidden.address);
    let gone = format!("http://{}", free_address());
    let plain = service.url().replace("http:", "https:");
    for (url, words) in [
        (&closed, "401"),
        (&hidden, "404"),
        (&gone, "cannot connect"),
        (&plain, "TLS"),
    ] {
        for flag in ["--target", "--metrics", "--prometheus", "--traces"] {
            let path = match flag {
                "--target" => "/images",
                "--metrics" => "/metrics",
                _ => "",
            };
            let mut verify = Verify::of(service.address).flags(&["--duration", "60s"]);
            if flag == "--target" {
                verify = Verify::default().prometheus(&prometheus);
            }
            let report = verify.flags(&[flag, &format!("{url}{path}")]).run();
            report.is_denied(&[flag, url, words]);
        }
    }
    assert_eq!(accepted(&service), 0.0);
}

#[test]
fn a_redirect_is_not_followed_with_the_credentials() {
    let service = service();
    let elsewhere = Proxy::start(&[service.address], Faults::default());
    let location = format!("http://{}/api/services", elsewhere.address);
    let head = format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
    let url = format!("http://{}", fake(head.leak().as_bytes(), false));
    let verify = Verify::of(service.address).flags(&["--jaeger", &url]);
    let report = verify.variable("HTTPSERVER_JAEGER_TOKEN", "open").run();
    report.is_denied(&["--traces", "302"]);
    assert!(elsewhere.seen().is_empty(), "{:?}", elsewhere.seen());
}

#[test]
fn a_token_that_is_replaced_in_its_file_is_read_again() {
    if absent(&["prometheus"]) {
        return;
    }
    let folder = Folder::new("secrets");
    let (service, real) = scraped();
    let guarded = |upstream| {
        let front = Proxy::start(&[upstream], asks_for("Bearer token-one"));
        (front.clone(), format!("http://{}", front.address))
    };
    let (target, url) = guarded(service.address);
    let (prometheus, store) = guarded(real.address);
    write(&folder, "token", "token-one");
    let config = write(&folder, "config.yml", "bearer_token_file: token");
    let run = Verify::default()
        .flags(&["--target", &(url + "/images"), "--prometheus", &store])
        .flags(&[
            "--target-http-config",
            &config,
            "--prometheus-http-config",
            &config,
        ])
        .flags(&["--duration", "6s"])
        .start();
    until_accepted(&service, 20.0);
    write(&folder, "token", "token-two");
    for front in [&target, &prometheus] {
        front.guard("Bearer token-two");
    }
    let report = run.end();
    report.expect("/metrics -> Prometheus", "PASS", &[]);
    report.expect("ledger", "PASS", &[]);
    let second = |front: &Proxy| {
        let seen = front.seen();
        let with = |path: &str| {
            let own = seen.iter().filter(|head| head.starts_with(path));
            own.filter(|head| head.contains("Bearer token-two")).count()
        };
        (with("GET /images"), with("GET /metrics"), with("GET /api"))
    };
    let ((images, pages, _), (.., queries)) = (second(&target), second(&prometheus));
    assert!(
        images > 0 && pages > 0 && queries > 0,
        "{images} {pages} {queries}: {report}"
    );
    shows_nothing(&report, &["token-one", "token-two"]);
}

/// A named pipe, as `<(command)` gives one: what is written into it can be read once.
#[test]
fn credentials_are_read_from_a_pipe() {
    let folder = Folder::new("secrets");
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let service = service();
    let front = Proxy::start(&[service.address], asks_for("Bearer open"));
    let flags = ["--target-http-config", pipe.to_str().unwrap()];
    let verify = Verify::of(front.address).flags(&flags).start();
    std::fs::write(&pipe, "bearer_token: open").unwrap();
    let report = verify.end();
    assert_eq!(report.code, 0, "{report}");
}

//! Each destination gets its own credentials, and no other one; no secret is printed; each is asked before the load.

use serde_json::json;

use crate::{
    certificates::Certificates,
    parts::{Folder, Jaeger, Prometheus, absent, free_address},
    proxy::{Faults, Proxy},
    verify::{Report, Verify},
    world::{accepted, metrics, scraped, scraping, service, traced},
};

/// bcrypt of `secret-of-prometheus`.
const HASH: &str = "$2a$04$PLuFdzm2Dyg5BJVM3K0hhe.cvjNbLtUiumpMJMB7/YvlAaa5NQNM2";
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
fn a_prometheus_with_its_own_web_configuration_is_asked_with_certificate_and_password() {
    if absent(&["prometheus", "openssl"]) {
        return;
    }
    let files = Certificates::new();
    let web = json!({
        "tls_server_config": {
            "cert_file": "server.pem", "key_file": "server.key",
            "client_ca_file": "ca.pem", "client_auth_type": "RequireAndVerifyClientCert",
        },
        "basic_auth_users": {"me": HASH},
    });
    let web = files.write("web.yml", &web.to_string());
    let service = service();
    let config = Prometheus::scraping("httpserver", &[service.address], "1s");
    let flag = format!("--web.config.file={web}");
    let prometheus = Prometheus::start_until(&config, &[&flag], |address| {
        let authorization = format!("Authorization: {BASIC}");
        let answer = files.get(address, "/-/ready", &authorization);
        answer.is_ok_and(|answer| answer.contains(" 200 "))
    });
    let url = format!("https://{}", prometheus.address);
    let verify = Verify::of(service.address).flags(&["--prometheus", &url]);
    let with = |name: &str, config: &str| {
        let path = files.write(name, config);
        let flags = ["--prometheus-http-config", &path];
        verify.clone().flags(&flags).run()
    };
    files.write("password", "secret-of-prometheus\n");
    let password = "basic_auth: {username: me, password_file: password}\n";
    let client = "cert_file: client.pem, key_file: client.key";
    let good = with(
        "good.yml",
        &format!("{password}tls_config: {{ca_file: ca.pem, {client}}}"),
    );
    assert_eq!(good.code, 0, "{good}");
    good.expect("/metrics -> Prometheus", "PASS", &["1 replica of 1 target"]);
    let before = accepted(&service);
    let tls = [
        "--prometheus ",
        "TLS handshake failed",
        "`tls_config` in --prometheus-http-config",
    ];
    for (name, config, words) in [
        ("unknown.yml", password.to_owned(), &tls[..]),
        (
            "stranger.yml",
            format!("{password}tls_config: {{ca_file: ca.pem}}"),
            &tls,
        ),
        (
            "nobody.yml",
            format!("tls_config: {{ca_file: ca.pem, {client}}}"),
            &["--prometheus ", "401"],
        ),
    ] {
        with(name, &config).is_denied(words);
    }
    with(
        "mixed.yml",
        "tls_config: {cert_file: client.pem, key_file: server.key}",
    )
    .refuses(&["--prometheus-http-config", "mixed.yml", "`tls_config`"]);
    assert_eq!(accepted(&service), before);
}

#[test]
fn a_server_that_signed_its_own_certificate_is_trusted_where_that_is_named() {
    if absent(&["openssl", "jaeger"]) {
        return;
    }
    let files = Certificates::new();
    let jaeger = Jaeger::start();
    let service = traced(&jaeger.environment());
    let behind = |upstream, certificate| {
        let tls = Some(files.server(certificate));
        let front = Proxy::start(
            &[upstream],
            Faults {
                tls,
                ..Faults::default()
            },
        );
        format!("https://{}", front.address)
    };
    let target = behind(service.address, "own") + "/images";
    let query = behind(jaeger.query, "named");
    let strict = files.write("strict.yml", "tls_config: {ca_file: named.pem}");
    let named = "tls_config: {ca_file: named.pem, server_name: other.test, min_version: TLS13}";
    let named = files.write("named.yml", named);
    let verify = Verify::default().flags(&["--target", &target, "--jaeger", &query]);
    let strange = verify.run();
    strange.is_denied(&["--target", "invalid peer certificate", "--ca"]);
    let verify = verify.flags(&["--ca", &files.path("own.pem")]);
    for flags in [&[][..], &["--jaeger-http-config", &strict]] {
        let report = verify.clone().flags(flags).run();
        report.is_denied(&[
            "--jaeger",
            "invalid peer certificate",
            "--jaeger-http-config",
        ]);
    }
    assert_eq!(accepted(&service), 0.0);
    let report = verify.flags(&["--jaeger-http-config", &named]).run();
    assert_eq!(report.code, 0, "{report}");
    report.expect("span -> Jaeger", "PASS", &["120 of 120"]);
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
        for flag in ["--target", "--metrics", "--prometheus", "--jaeger"] {
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
fn contradictions_and_wrong_files_are_usage_errors_without_their_secrets() {
    let folder = Folder::new("secrets");
    let token = write(&folder, "token.yml", "bearer_token: hunter2");
    let wrong = write(&folder, "wrong.yml", "basic_auth: {pasword: hunter2}");
    let own = ["--target-http-config", &token];
    let (flag, url) = ("--target", "http://me:hunter2@127.0.0.1:1/images");
    for (flags, words) in [
        (
            &["--jaeger-http-config", &wrong][..],
            &["--jaeger-http-config", "wrong.yml", "`pasword`", "password"][..],
        ),
        (
            &["--metrics-http-config", "/none"],
            &["--metrics-http-config /none", "cannot be read"],
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

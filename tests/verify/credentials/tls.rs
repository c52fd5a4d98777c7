//! Certificates of servers, also those that signed themselves, and of the client.

use std::process::Command;

use serde_json::json;

use super::BASIC;
use crate::{
    certificates::Certificates,
    parts::{Jaeger, Prometheus, absent},
    proxy::{Faults, Proxy},
    verify::Verify,
    world::{accepted, service, traced},
};

/// bcrypt of `secret-of-prometheus`.
const HASH: &str = "$2a$04$PLuFdzm2Dyg5BJVM3K0hhe.cvjNbLtUiumpMJMB7/YvlAaa5NQNM2";
#[test]
fn a_prometheus_with_its_own_web_configuration_is_asked_with_certificate_and_password() {
    if absent(&["prometheus", "promtool", "openssl"]) {
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
    // Prometheus' own tool takes the same file.
    let flag = format!("--http.config.file={}", files.path("good.yml"));
    let mut promtool = Command::new("promtool");
    let promtool = promtool.args(["check", "healthy", &flag, &format!("--url={url}")]);
    let checked = promtool.output().unwrap();
    assert!(checked.status.success(), "{checked:?}");
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
            "--traces",
            "invalid peer certificate",
            "--traces-http-config",
        ]);
    }
    assert_eq!(accepted(&service), 0.0);
    let report = verify.flags(&["--jaeger-http-config", &named]).run();
    assert_eq!(report.code, 0, "{report}");
    report.expect("span -> Jaeger", "PASS", &["120 of 120"]);
}

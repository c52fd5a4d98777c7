//! Export over TLS to a collector with a certificate of a private authority, which asks for the client's.

use std::{fs, path::Path, process::Command};

use crate::parts::{self, Collector, Folder, Service, until_or};

#[test]
fn spans_reach_a_collector_with_a_private_authority_and_client_certificates() {
    if parts::absent(&["otelcol", "openssl"]) {
        return;
    }
    let folder = Folder::new("certificates");
    certificates(folder.path());
    let file = |name: &str| folder.path().join(name).display().to_string();
    let tls = serde_json::json!({
        "cert_file": file("server.pem"), "key_file": file("server.key"), "client_ca_file": file("ca.pem"),
    });
    let collector = Collector::with_tls(&tls);
    for (protocol, prefix) in [
        ("http/protobuf", "OTEL_EXPORTER_OTLP_"),
        ("grpc", "OTEL_EXPORTER_OTLP_TRACES_"),
    ] {
        let environment: Vec<_> = collector
            .environment(protocol)
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.replace("http://", "https://")))
            .collect();
        // Neither the authority nor the client is known.
        let stranger = run(&environment);
        stranger.process.line_with("cannot export spans");
        let client = [
            (format!("{prefix}CLIENT_CERTIFICATE"), file("client.pem")),
            (format!("{prefix}CLIENT_KEY"), file("client.key")),
        ];
        // The authority is named for the exporter, or is one of the system's.
        for trust in [format!("{prefix}CERTIFICATE"), "SSL_CERT_FILE".to_owned()] {
            let mut environment = [&environment[..], &client].concat();
            environment.push((trust.clone(), file("ca.pem")));
            let before = collector.spans();
            let service = run(&environment);
            until_or(
                || (collector.spans() >= before + 2.0).then_some(()),
                || format!("{protocol}, {trust}: {}", service.process.said()),
            );
        }
    }
}

/// A service that has answered one request.
fn run(environment: &[(String, String)]) -> Service {
    let environment: Vec<_> = environment
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let service = Service::start(&["--delay", "constant(0s)"], &environment);
    assert_eq!(service.get("/images").status, 200);
    service
}

/// An authority, and certificates of a server on loopback and of a client.
fn certificates(folder: &Path) {
    fs::write(
        folder.join("names"),
        "subjectAltName=IP:127.0.0.1,DNS:localhost",
    )
    .unwrap();
    let openssl = |arguments: &str| {
        let mut command = Command::new("openssl");
        let output = command
            .args(arguments.split(' '))
            .current_dir(folder)
            .output();
        let output = output.unwrap();
        assert!(output.status.success(), "{arguments}: {output:?}");
    };
    let new = "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!(
        "{new} -x509 -days 2 -subj /CN=ca -keyout ca.key -out ca.pem"
    ));
    for name in ["server", "client"] {
        openssl(&format!(
            "{new} -subj /CN={name} -keyout {name}.key -out {name}.csr"
        ));
        openssl(&format!(
            "x509 -req -days 2 -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -out {name}.pem"
        ));
    }
}

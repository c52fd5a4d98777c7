//! Sources that are absent, guarded, old, broken or endless: exit code 3 with the URL, never a hang.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    thread,
};

use crate::{
    parts::{Jaeger, absent, free_address},
    proxy::{Faults, Proxy},
    verify::{Report, Verify},
    world::{accepted, metrics, scraped, service},
};

const HOP: &str = "/metrics -> Prometheus";

/// A server that answers everything with this, without end where `is_endless`.
pub(crate) fn fake(answer: &'static [u8], is_endless: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || {
                let mut head = [0; 4096];
                let _ = stream.read(&mut head);
                let _ = stream.write_all(answer);
                let more = vec![b'x'; 65_536];
                while is_endless && stream.write_all(&more).is_ok() {}
            });
        }
    });
    address
}

fn ask(prometheus: &str, flags: &[&str]) -> Report {
    let service = service();
    let verify = Verify::of(service.address).flags(&["--prometheus", prometheus]);
    let short = verify.flags(&["--duration", "1s", "--wait", "2s"]);
    short.flags(flags).run()
}

#[test]
fn a_source_that_is_not_there_is_exit_code_3_with_its_url_before_the_load() {
    let service = service();
    let gone = free_address();
    let (url, page) = (format!("http://{gone}"), metrics(gone));
    for (flag, url) in [
        ("--prometheus", &url),
        ("--traces", &url),
        ("--metrics", &page),
    ] {
        let verify = Verify::of(service.address).flags(&[flag, url, "--duration", "60s"]);
        verify
            .run()
            .is_denied(&[flag, &gone.to_string(), "cannot connect", "is it running"]);
    }
    assert_eq!(accepted(&service), 0.0);
}

#[test]
fn a_service_that_is_not_there_is_exit_code_3_with_its_url() {
    let gone = free_address();
    let report = Verify::of(gone).run();
    assert_eq!(report.code, 3, "{report}");
    assert!(
        report.stderr.contains(&format!("http://{gone}/truth")),
        "{report}"
    );
}

#[test]
fn a_page_instead_of_json_is_named() {
    let page =
        b"HTTP/1.1 200 OK\r\ncontent-length: 21\r\nconnection: close\r\n\r\n<html>Sign in!</html>";
    let report = ask(&format!("http://{}", fake(page, false)), &[]);
    report.is_denied(&["--prometheus", "not the expected JSON", "<html>Sign in!"]);
}

#[test]
fn an_endless_answer_is_refused() {
    let head = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
    let report = ask(&format!("http://{}", fake(head, true)), &[]);
    report.is_denied(&["--prometheus", "larger than"]);
}

#[test]
fn wrong_urls_are_usage_errors() {
    for flags in [
        &["--target", "ftp://127.0.0.1/images"][..],
        &["--target", "nonsense"],
        &["--target", "http://127.0.0.1:1/images?delay=constant(1s)"],
        &["--prometheus", "file:///etc"],
        &["--rate", "0"],
        &["--duration", "0s"],
        &["--rate", "1000000", "--duration", "1h"],
        &["--max-delay", "1s"],
        &["--selector", "namespace=prod"],
        &["--selector", "a=\"b\"} or up{"],
    ] {
        let report = Verify::default().flags(flags).run();
        assert_eq!(report.code, 2, "{flags:?}: {report}");
    }
}

#[test]
fn a_run_that_would_need_too_much_memory_is_refused() {
    let jaeger = ["--jaeger", "http://127.0.0.1:1"];
    for (duration, flags, most) in [("20m", &[][..], "1747627"), ("10m", &jaeger, "699051")] {
        let verify = Verify::default().flags(&["--rate", "2000", "--duration", duration]);
        let report = verify.flags(flags).run();
        report.refuses(&[&format!("at most {most} requests, 200 MiB")]);
    }
}

#[test]
fn a_target_that_is_no_images_is_refused_before_the_load() {
    let service = service();
    for path in ["/", "/metrics", "/nothing"] {
        let target = format!("http://{}{path}", service.address);
        let verify = Verify::default().flags(&["--target", &target, "--duration", "60s"]);
        verify.run().refuses(&[&target, "without Server-Timing"]);
    }
    assert!(accepted(&service) < 2.0);
}

#[test]
fn a_wrong_address_or_credential_is_refused_before_the_load() {
    if absent(&["prometheus", "jaeger"]) {
        return;
    }
    let ((service, prometheus), jaeger) = (scraped(), Jaeger::start());
    let guarded = Proxy::start(
        &[jaeger.query],
        Faults {
            authorization: Some("Bearer open"),
            ..Faults::default()
        },
    );
    let guarded = format!("http://{}", guarded.address);
    let below = prometheus.url() + "/graph";
    let (page, none) = (service.url() + "/truth", service.url() + "/nothing");
    for (flag, url, words) in [
        ("--metrics", page, "is this /metrics of a replica?"),
        ("--metrics", none, "404"),
        ("--prometheus", jaeger.url(), "base URL"),
        ("--prometheus", below, "404"),
        ("--traces", prometheus.url(), "404"),
        ("--traces", guarded, "401"),
    ] {
        let verify = Verify::of(service.address).flags(&[flag, &url, "--duration", "60s"]);
        verify.run().is_denied(&[flag, &url, words]);
    }
    assert_eq!(accepted(&service), 0.0);
}

#[test]
fn a_guarded_prometheus_behind_a_path_prefix_answers_with_its_token() {
    if absent(&["prometheus"]) {
        return;
    }
    let (service, real) = scraped();
    let faults = Faults {
        prefix: "/prom",
        authorization: Some("Bearer open"),
        ..Faults::default()
    };
    let front = Proxy::start(&[real.address], faults);
    let url = format!("http://{}/prom/", front.address);
    let verify = Verify::of(service.address).flags(&["--prometheus", &url]);
    verify
        .run()
        .is_denied(&["--prometheus", "401", "--prometheus-http-config"]);
    let token = "HTTPSERVER_PROMETHEUS_TOKEN";
    let report = verify.variable(token, "open").run();
    assert_eq!(report.code, 0, "{report}");
    report.expect(HOP, "PASS", &["1 replica of 1 target"]);
}

#[test]
fn without_a_known_interval_the_spacing_of_the_scrapes_is_taken() {
    if absent(&["prometheus"]) {
        return;
    }
    let (service, real) = scraped();
    let older = |path: &str, body: String| {
        if path.starts_with("/api/v1/targets") {
            body.replace("\"scrapeInterval\"", "\"unknown\"")
                .replace("__scrape_interval__", "unknown")
        } else {
            body
        }
    };
    let faults = Faults {
        rewrite: Some(Box::new(older)),
        ..Faults::default()
    };
    let front = Proxy::start(&[real.address], faults);
    let url = format!("http://{}", front.address);
    let verify = Verify::of(service.address).flags(&["--prometheus", &url]);
    let report = verify.run();
    assert_eq!(report.code, 0, "{report}");
    report.expect(HOP, "PASS", &["1 replica of 1 target"]);
}

//! `healthcheck`: which address it asks, and what its exit code says.

use std::process::Output;

use crate::{
    parts::Service,
    process::{httpserver, stderr},
};

fn healthcheck(args: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = httpserver(&[&["healthcheck"], args].concat());
    let environment = environment.iter().copied();
    command.envs(environment).output().unwrap()
}

#[test]
fn without_a_url_the_port_of_the_service_is_asked() {
    let service = Service::start::<&str>(&[], &[]);
    let port = service.address.port();
    for listen in [
        format!("0.0.0.0:{port}"),
        format!("127.0.0.1:{port}"),
        format!(":{port}"),
        format!("*:{port}"),
        format!("localhost:{port}"),
        port.to_string(),
    ] {
        let environment = [
            ("HTTPSERVER_LISTEN", listen.as_str()),
            ("HTTPSERVER_METRICS_LISTEN", "127.0.0.1:1"),
            ("HTTPSERVER_HEALTHCHECK_URL", ""),
        ];
        let asked = healthcheck(&[], &environment);
        assert_eq!(asked.status.code(), Some(0), "{listen}: {}", stderr(&asked));
    }
}

#[test]
fn the_exit_code_tells_unhealthy_wrong_usage_and_no_answer_apart() {
    let service = Service::start::<&str>(&[], &[]);
    let url = |path: &str| format!("http://{}{path}", service.address);
    for (args, code, words) in [
        (&["--url", &url("/readyz")][..], 0, ""),
        (&["--url", &url("/missing")], 1, "404"),
        (&["--url", "localhost:8080"], 2, "http://"),
        (&["--url", "ftp://localhost/"], 2, "http://"),
        (&["--timeout", "0s"], 2, "above 0s"),
        (&["--listen", "127.0.0.1:0"], 2, "--url"),
        (&["--listen", "[::1]:1"], 3, "http://[::1]:1/readyz"),
    ] {
        let asked = healthcheck(args, &[]);
        let said = stderr(&asked);
        assert_eq!(asked.status.code(), Some(code), "{args:?}: {said}");
        assert!(said.contains(words), "{args:?}: {said}");
    }
}

#[test]
fn a_service_listens_on_each_form_of_an_address() {
    for listen in [":0", "0", "*:0", "localhost:0"] {
        let service = Service::start(&["--seed", "1"], &[("HTTPSERVER_METRICS_LISTEN", listen)]);
        service.process.line_with("metrics on http://");
    }
}

#[test]
fn a_url_and_an_address_exclude_each_other_and_a_flag_comes_before_a_variable() {
    let service = Service::start::<&str>(&[], &[]);
    let (address, closed) = (service.address.to_string(), "127.0.0.1:1");
    let url = format!("http://{address}/readyz");
    let wrong = [("HTTPSERVER_LISTEN", "nonsense")];
    let other_url = [("HTTPSERVER_HEALTHCHECK_URL", "http://127.0.0.1:1/")];
    for (args, environment, code, words) in [
        (&["--url", &url][..], &wrong[..], 0, ""),
        (
            &[],
            &[wrong[0], ("HTTPSERVER_HEALTHCHECK_URL", url.as_str())],
            0,
            "",
        ),
        (&[], &wrong, 2, "HTTPSERVER_LISTEN"),
        (&["--listen", &address], &other_url, 0, ""),
        (&["--listen", closed], &other_url, 3, "/readyz"),
        (&["--listen", "nonsense"], &other_url, 2, "--listen"),
        (&["--listen", closed, "--url", &url], &[], 2, "--url"),
    ] {
        let asked = healthcheck(args, environment);
        let said = stderr(&asked);
        assert_eq!(asked.status.code(), Some(code), "{args:?}: {said}");
        assert!(said.contains(words), "{args:?}: {said}");
    }
}

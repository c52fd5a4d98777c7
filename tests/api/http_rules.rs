//! Rules of HTTP that a client or a proxy relies on: the `Host` header, and statuses without a body.

use crate::app::TestApp;

#[tokio::test]
async fn a_request_without_exactly_one_valid_host_is_refused_and_not_counted() {
    let app = TestApp::start(&["--delay", "constant(0s)"]);
    for hosts in [
        "",
        "host: a\r\nhost: a\r\n",
        "host: a b\r\n",
        "host: a:b\r\n",
    ] {
        let answer = app
            .exchange(&format!("GET /images HTTP/1.1\r\n{hosts}\r\n"), false)
            .await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{hosts:?}: {answer}");
        assert!(answer.contains("Host"), "{answer}");
    }
    let accepted = app
        .registry()
        .sum("cloudnative_requests_accepted_total", &[]);
    assert_eq!(accepted, 0.0);
    let old = app.exchange("GET /images HTTP/1.0\r\n\r\n", false).await;
    assert!(old.starts_with("HTTP/1.0 200 "), "{old}");
}

#[tokio::test]
async fn a_status_without_a_body_has_none_and_no_length_of_one() {
    let app = TestApp::start(&["--delay", "constant(0s)"]);
    for method in ["GET", "HEAD"] {
        for status in 200..=599 {
            let head = format!(
                "{method} /images?status={status} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
            );
            let answer = app.exchange(&head, false).await;
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            match status {
                204 => assert_eq!((length, body), (None, ""), "{answer}"),
                205 => assert_eq!((length, body), (Some("0"), ""), "{answer}"),
                304 => assert_eq!(body, "", "{answer}"),
                _ if method == "HEAD" => assert_eq!(body, "", "{answer}"),
                _ => assert_eq!(length, Some(body.len().to_string().as_str()), "{answer}"),
            }
            assert!(head.contains("server-timing: "), "{answer}");
            assert!(!head.contains("<none>"), "{answer}");
        }
    }
}

#[tokio::test]
async fn options_of_the_whole_server_are_answered_with_its_methods() {
    let app = TestApp::start(&[]);
    let answer = app
        .exchange(
            "OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
            false,
        )
        .await;
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    assert!(answer.contains("allow: GET, HEAD\r\n"), "{answer}");
    let other = app
        .exchange(
            "GET * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
            false,
        )
        .await;
    assert!(!other.starts_with("HTTP/1.1 2"), "{other}");
}

//! Clients cannot make `/metrics` grow: whatever they send, it stays small, and the service's own outcomes keep their labels.

use crate::app::TestApp;

const METHODS: [&str; 12] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "BREW",
    "M-SEARCH", "get",
];
const PATHS: [&str; 8] = [
    "/", "/images", "/images/", "/IMAGES", "/made/up", "/metrics", "/healthz", "/?user=x",
];
/// Lines of `/metrics`, with comments.
const MAX_LINES: usize = 500;

#[tokio::test]
async fn no_traffic_makes_metrics_longer_than_500_lines() {
    let app = TestApp::start(&[
        "--delay",
        "constant(0s)",
        "--error-rate",
        "0.5",
        "--error-status",
        "502",
    ]);
    for status in 199..=600 {
        for method in ["GET", "HEAD"] {
            send(&app, method, &format!("/images?status={status}")).await;
        }
    }
    for path in PATHS {
        for method in METHODS {
            send(&app, method, path).await;
        }
    }
    for path in ["/images", "/"] {
        for method in ["GET", "HEAD"] {
            for _ in 0..20 {
                send(&app, method, path).await;
            }
        }
    }
    let metrics = app.text("/metrics").await;
    let lines = metrics.lines().count();
    assert!(lines < MAX_LINES, "{lines} lines:\n{metrics}");

    let registry = app.registry();
    let count = |labels: &[(&str, &str)]| {
        registry.sum("http_server_request_duration_seconds_count", labels)
    };
    assert!(
        count(&[("otel_metric_overflow", "true")]) > 700.0,
        "{metrics}"
    );
    for method in ["GET", "HEAD"] {
        let own = [("http_request_method", method), ("http_route", "/images")];
        for status in ["200", "502"] {
            let labels = [&own[..], &[("http_response_status_code", status)]].concat();
            assert!(count(&labels) > 0.0, "{labels:?} is missing:\n{metrics}");
        }
    }
}

async fn send(app: &TestApp, method: &str, path: &str) {
    let method = method.parse().unwrap();
    let request = app.client.request(method, app.url(path));
    request.send().await.unwrap().bytes().await.unwrap();
}

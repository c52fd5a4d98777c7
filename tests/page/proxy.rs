//! A reverse proxy that strips a path prefix and can spoil the answers of `/metrics`.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    response::Response,
};
use futures_util::stream;
use http::HeaderValue;
use tokio::{net::TcpListener, runtime::Runtime};

/// Text that does something where it is taken for HTML.
pub(crate) const MARKUP: &str = "<img src=x onerror=alert(1)><script>alert(2)</script>";

/// What happens to a scrape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    Nothing,
    /// It is never answered.
    Hang,
    /// It is answered with an error of the proxy.
    Error,
    /// It is answered with a page of the proxy, and status 200.
    Html,
    /// The first half is sent as if it were all.
    Half,
    /// The connection is lost after the first half.
    Lost,
    /// It is asked for without `accept`, and so answered in the text format.
    Text,
    /// Its exemplars get a trace id that looks like HTML.
    Markup,
    /// It is answered with nothing, and status 200.
    Empty,
}

/// A running proxy, ended when dropped.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    _runtime: Runtime,
}

struct Shared {
    prefix: &'static str,
    upstream: SocketAddr,
    fault: Mutex<Fault>,
    client: reqwest::Client,
}

impl Proxy {
    pub(crate) fn start(prefix: &'static str, upstream: SocketAddr) -> Self {
        // The client of `reqwest` has none of its own; another test may have set it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = Runtime::new().unwrap();
        let (fault, client) = (Mutex::new(Fault::Nothing), reqwest::Client::new());
        let shared = Arc::new(Shared {
            prefix,
            upstream,
            fault,
            client,
        });
        let router = Router::new().fallback(pass).with_state(Arc::clone(&shared));
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async { axum::serve(listener, router).await });
        Self {
            address,
            shared,
            _runtime: runtime,
        }
    }

    /// The base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}{}", self.address, self.shared.prefix)
    }

    /// From now on.
    pub(crate) fn spoil(&self, fault: Fault) {
        *self.shared.fault.lock().unwrap() = fault;
    }
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path_and_query().unwrap().as_str();
    let Some(path) = path
        .strip_prefix(shared.prefix)
        .filter(|path| path.starts_with('/'))
    else {
        return answer(404, Body::from("not of this proxy"));
    };
    let fault = match path {
        "/metrics" => *shared.fault.lock().unwrap(),
        _ => Fault::Nothing,
    };
    match fault {
        Fault::Hang => std::future::pending().await,
        Fault::Error => return answer(500, Body::from("<h1>Internal Server Error</h1>")),
        Fault::Html => {
            return answer(
                200,
                Body::from("<!doctype html>\n<title>Log in</title>\n<p>Please log in.\n"),
            );
        }
        Fault::Empty => return answer(200, Body::empty()),
        Fault::Nothing | Fault::Half | Fault::Lost | Fault::Text | Fault::Markup => {}
    }
    let mut asked = shared
        .client
        .get(format!("http://{}{path}", shared.upstream));
    // Without `accept-encoding`, so that half of an answer is half of its text.
    for name in ["accept", "if-none-match"] {
        let value = match (name, fault) {
            ("accept", Fault::Text) => None,
            ("accept", Fault::Markup) => {
                Some(HeaderValue::from_static("application/openmetrics-text"))
            }
            _ => request.headers().get(name).cloned(),
        };
        if let Some(value) = value {
            asked = asked.header(name, value);
        }
    }
    let Ok(upstream) = asked.send().await else {
        return answer(502, Body::from("<h1>Bad Gateway</h1>"));
    };
    let mut response = Response::builder().status(upstream.status());
    for (name, value) in upstream.headers() {
        if !["connection", "content-length", "transfer-encoding"].contains(&name.as_str()) {
            response = response.header(name, value);
        }
    }
    let body = upstream.bytes().await.unwrap_or_default();
    response.body(spoiled(body, fault)).unwrap()
}

fn spoiled(body: Bytes, fault: Fault) -> Body {
    let half = body.slice(..body.len() / 2);
    match fault {
        Fault::Half => Body::from(half),
        Fault::Markup => Body::from(with_markup(&body)),
        Fault::Lost => Body::from_stream(stream::iter([Ok(half), Err("lost")])),
        _ => Body::from(body),
    }
}

fn with_markup(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut parts = text.split("{trace_id=\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |before, part| {
        let (_, rest) = part.split_once('"').unwrap_or_default();
        before + "{trace_id=\"" + MARKUP + "\"" + rest
    })
}

fn answer(status: u16, body: Body) -> Response {
    let response = Response::builder().status(status);
    response
        .header("content-type", "text/html")
        .body(body)
        .unwrap()
}

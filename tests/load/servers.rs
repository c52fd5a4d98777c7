//! Test servers: slow, stalling, or breaking the protocol.

use std::{sync::Arc, time::Duration};

use axum::{Router, routing::get};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::{Mutex, watch},
    time::Instant,
};

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/images", listener.local_addr().unwrap());
    (listener, url)
}

async fn serve(router: Router) -> String {
    let (listener, url) = listen().await;
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// Responds with `status` after `delay`.
pub async fn delayed(delay: Duration, status: u16) -> String {
    let status = http::StatusCode::from_u16(status).unwrap();
    let answer = move || async move {
        tokio::time::sleep(delay).await;
        (status, "<h1>0</h1>")
    };
    serve(Router::new().route("/images", get(answer))).await
}

/// Responds after `delay`, and tells how many requests have come.
pub async fn counting(delay: Duration) -> (String, watch::Receiver<u32>) {
    let (count, arrived) = watch::channel(0);
    let count = Arc::new(count);
    let answer = move || {
        count.send_modify(|count| *count += 1);
        async move {
            tokio::time::sleep(delay).await;
            "<h1>0</h1>"
        }
    };
    (
        serve(Router::new().route("/images", get(answer))).await,
        arrived,
    )
}

/// Responds with the headers of the request, one per line.
pub async fn echo() -> String {
    let answer = |headers: http::HeaderMap| async move {
        let line = |(name, value): (_, &http::HeaderValue)| {
            format!("{name}: {}\n", value.to_str().unwrap())
        };
        headers.iter().map(line).collect::<String>()
    };
    serve(Router::new().route("/images", get(answer))).await
}

/// Responds at once, one request at a time, except for one stall of `stall`, `after` the first request.
pub async fn stalling(after: Duration, stall: Duration) -> String {
    let turn = Arc::new(Mutex::new(None::<(Instant, bool)>));
    let answer = move || {
        let turn = Arc::clone(&turn);
        async move {
            let mut turn = turn.lock().await;
            let (first, stalled) = turn.get_or_insert((Instant::now(), false));
            if !*stalled && first.elapsed() >= after {
                *stalled = true;
                tokio::time::sleep(stall).await;
            }
            "<h1>0</h1>"
        }
    };
    serve(Router::new().route("/images", get(answer))).await
}

/// Reads a request, writes `bytes`, and closes.
pub async fn raw(bytes: &'static str) -> String {
    let (listener, url) = listen().await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(bytes.as_bytes()).await;
            });
        }
    });
    url
}

/// Responds with a body that does not end.
pub async fn endless() -> String {
    let (listener, url) = listen().await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
                let mut written = stream.write_all(head.as_bytes()).await;
                while written.is_ok() {
                    written = stream.write_all(b"4\r\nmore\r\n").await;
                }
            });
        }
    });
    url
}

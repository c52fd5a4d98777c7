//! One service per test: free port, own registry, own seed.

use std::{net::SocketAddr, time::Duration};

use clap::Parser;
use httpserver::{
    clock::Clock,
    exposition::Format,
    serve::{App, Declared, SERVICE, ServeArgs, Server},
    telemetry::Telemetry,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};

use crate::scrape::Scrape;

/// Deadline of every wait, long enough for a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    serve: ServeArgs,
}

pub(crate) struct TestApp {
    pub(crate) address: SocketAddr,
    pub(crate) metrics_address: Option<SocketAddr>,
    pub(crate) declared: Declared,
    pub(crate) client: reqwest::Client,
    stop: oneshot::Sender<()>,
    running: JoinHandle<bool>,
    telemetry: Telemetry,
}

impl TestApp {
    /// Starts a service with these flags of `serve`.
    pub(crate) fn start(flags: &[&str]) -> Self {
        let typed = ["serve", "--listen", "127.0.0.1:0"].iter().chain(flags);
        let args = Flags::parse_from(typed).serve;
        let telemetry = Telemetry::unexported(SERVICE).unwrap();
        let app = App::new(&args, &telemetry, Clock::start().unwrap());
        let declared = app.declared().clone();
        let server = Server::bind(&args, &telemetry, app).unwrap();
        let (stop, stopped) = oneshot::channel();
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            address: server.address().unwrap(),
            metrics_address: server.metrics_address(),
            declared,
            client: reqwest::Client::builder()
                .timeout(DEADLINE)
                .build()
                .unwrap(),
            stop,
            running: tokio::spawn(server.run(async { drop(stopped.await) })),
            telemetry,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    pub(crate) async fn text(&self, path: &str) -> String {
        self.get(path).await.text().await.unwrap()
    }

    pub(crate) async fn scrape(&self) -> Scrape {
        Scrape::parse(&self.text("/metrics").await)
    }

    /// The registry, read without a request.
    pub(crate) fn registry(&self) -> Scrape {
        Scrape::parse(&String::from_utf8(self.telemetry.metrics.expose(Format::Text)).unwrap())
    }

    /// Waits until the registry satisfies a condition, and returns what satisfied it.
    pub(crate) async fn registry_until(
        &self,
        what: &str,
        is_met: impl Fn(&Scrape) -> bool,
    ) -> Scrape {
        let waiting = async {
            loop {
                let registry = self.registry();
                if is_met(&registry) {
                    return registry;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        match timeout(DEADLINE, waiting).await {
            Ok(registry) => registry,
            Err(tokio::time::error::Elapsed { .. }) => {
                panic!("not within {DEADLINE:?}: {what}\n{}", self.registry())
            }
        }
    }

    /// Sends bytes, and returns everything until the connection is closed; `ends` says whether a FIN follows them.
    pub(crate) async fn exchange(&self, request: &str, ends: bool) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        if ends {
            stream.shutdown().await.unwrap();
        }
        let mut answer = Vec::new();
        let reading = timeout(DEADLINE, stream.read_to_end(&mut answer)).await;
        reading.expect("the connection is closed in time").ok(); // a reset ends it, too
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Sends bytes as far as the service takes them, and returns what it answers.
    pub(crate) async fn exchange_unless_reset(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.ok();
        let mut answer = Vec::new();
        let reading = timeout(DEADLINE, stream.read_to_end(&mut answer)).await;
        reading.expect("the connection is closed in time").ok();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Starts the drain; the handle returns whether everything in flight was answered.
    pub(crate) fn stop(self) -> JoinHandle<bool> {
        drop(self.stop);
        self.running
    }
}

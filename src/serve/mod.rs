//! The service: routes, what each request gets, and the wiring of layer, listeners and drain.

mod app;
mod args;
mod last_scrape;
mod links;
mod page;
mod plan;
mod policy;
mod routes;
mod truth_query;

pub use app::App;
pub use args::ServeArgs;
pub use plan::Declared;

use std::{future::Future, io, net::SocketAddr, sync::Arc};

use routes::Routes;

use crate::{
    observe::{ObserveLayer, ObserveOptions},
    server::{BindError, Drain, HttpServer, Limits, Rest},
    telemetry::{Service, Telemetry},
};

/// Who this service is in its telemetry.
pub const SERVICE: Service = Service {
    name: env!("CARGO_PKG_NAME"),
    version: env!("CARGO_PKG_VERSION"),
};

/// A bound service that does not answer yet.
#[derive(Debug)]
pub struct Server {
    service: HttpServer,
    metrics: Option<HttpServer>,
    app: Arc<App>,
    layer: ObserveLayer<App>,
}

impl Server {
    /// Binds the addresses. Port 0 means any free port. Needs a Tokio runtime.
    ///
    /// # Errors
    /// When an address is in use, or does not belong to this machine.
    pub fn bind(args: &ServeArgs, telemetry: &Telemetry, app: App) -> Result<Self, BindError> {
        let mut service = HttpServer::bind(args.listen)?;
        service.limits = Limits::from(args);
        service.drain = Drain {
            delay: args.drain_delay,
            grace: args.grace(),
        };
        service.readiness = app.readiness.clone();
        let mut metrics = None;
        if let Some(address) = args.metrics_listen {
            let server = metrics.insert(HttpServer::bind(address)?);
            server.limits = Limits::from(args);
        }
        let options = ObserveOptions {
            max_in_flight: args.max_in_flight,
            access_log: args.logs.access_log,
        };
        let (instruments, app) = (app.instruments.clone(), Arc::new(app));
        Ok(Self {
            service,
            metrics,
            layer: ObserveLayer::new(telemetry, instruments, Arc::clone(&app), options),
            app,
        })
    }

    /// Where the service listens.
    ///
    /// # Errors
    /// When the operating system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.service.address()
    }

    /// Where `/metrics` is, when it has an address of its own.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref()?.address().ok()
    }

    /// Serves until `shutdown` ends, then drains, and waits for the last scrape: `/metrics` and the probes answer until the
    /// end.
    ///
    /// Returns whether everything in flight was answered.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> bool {
        let app = &self.app;
        let routes = Routes::new(app, self.metrics.is_none());
        let metrics = self.metrics.map(|server| {
            let only_metrics = routes::only_metrics(app);
            tokio::spawn(server.run_until_dropped(only_metrics))
        });
        let make_service = |peer| self.layer.for_peer(routes.for_peer(peer), peer);
        let rest = || {
            app.scrapers.are_expected().then(|| Rest {
                paths: routes::UNTIL_SCRAPED,
                until: app.scraped(),
            })
        };
        let drained = self.service.run_with_rest(make_service, shutdown, rest);
        let drained = drained.await;
        if let Some(metrics) = metrics {
            metrics.abort();
        }
        drained
    }
}

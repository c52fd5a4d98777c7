//! The routes: one table, which with the files of the page is what the router is built from and each request is looked up
//! in. `/images` is answered without the router.

mod images;
mod index;
mod metrics;
mod probes;
mod truth;

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use axum::{
    Extension, Router,
    body::Body,
    middleware::from_fn,
    response::{IntoResponse, Response},
    routing::{MethodRouter, any, get},
};
use futures_util::future::{BoxFuture, FutureExt};
use http::{HeaderMap, Method, Request, StatusCode, Uri, header::ALLOW};
use hyper::body::Incoming;
use tower_http::compression::{
    CompressionLayer,
    predicate::{NotForContentType, Predicate, SizeAbove},
};

use super::{
    app::App,
    last_scrape::{self, Connection},
    page,
    plan::Plan,
};
use crate::observe::{Answer, Route, RouteKind};

struct Entry {
    path: &'static str,
    kind: RouteKind,
    handler: fn() -> MethodRouter<Arc<App>>,
}

const IMAGES: &str = "/images";
const METRICS: &str = "/metrics";
const HEALTHZ: &str = "/healthz";
const READYZ: &str = "/readyz";

/// What is answered until the last scrape.
pub const UNTIL_SCRAPED: &[&str] = &[METRICS, HEALTHZ, READYZ];

#[rustfmt::skip]
const TABLE: &[Entry] = &[
    Entry { path: IMAGES,     kind: RouteKind::Timed,    handler: || any(images::wrong_method) }, // GET and HEAD: see Routes
    Entry { path: "/",        kind: RouteKind::Observed, handler: || get(index::index).layer(compress_page()) },
    Entry { path: HEALTHZ,    kind: RouteKind::Quiet,    handler: || get(probes::healthz) },
    Entry { path: READYZ,     kind: RouteKind::Quiet,    handler: || get(probes::readyz) },
    Entry { path: "/truth",   kind: RouteKind::Quiet,    handler: || get(truth::truth) },
    Entry { path: METRICS,    kind: RouteKind::Quiet,    handler: || get(metrics::metrics).layer(CompressionLayer::new()).layer(from_fn(last_scrape::note)) },
];

/// Every route, as the service inside the observing layer. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Routes {
    app: Arc<App>,
    router: Router,
}

/// The routes, as one connection has them.
#[derive(Clone, Debug)]
pub struct ClientRoutes {
    routes: Routes,
    connection: Arc<Connection>,
}

impl Routes {
    /// All of them; without `/metrics` where that has an address of its own.
    pub fn new(app: &Arc<App>, with_metrics: bool) -> Self {
        Self {
            app: Arc::clone(app),
            router: router(app, |path| with_metrics || path != METRICS),
        }
    }

    /// For the connection of a client.
    pub fn for_peer(&self, peer: SocketAddr) -> ClientRoutes {
        ClientRoutes {
            routes: self.clone(),
            connection: self.app.scrapers.connection(peer),
        }
    }
}

impl Answer<Incoming, Plan> for ClientRoutes {
    type Body = Body;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn answer(&mut self, mut request: Request<Incoming>, plan: Option<&Plan>) -> Self::Future {
        let Routes { app, router } = &mut self.routes;
        match (request.uri().path(), plan) {
            (IMAGES, Some(plan)) => {
                let answer = images::images(Arc::clone(app), plan.clone());
                return Box::pin(answer.map(Ok));
            }
            (METRICS, None) => {
                let connection = Arc::clone(&self.connection);
                request.extensions_mut().insert(connection);
            }
            _ => {}
        }
        Box::pin(router.answer(request, plan))
    }
}

/// `/metrics` alone, for the connection of each client.
pub fn only_metrics(app: &Arc<App>) -> impl Fn(SocketAddr) -> Router + use<> {
    let router = router(app, |path| path == METRICS);
    let scrapers = Arc::clone(&app.scrapers);
    move |peer| router.clone().layer(Extension(scrapers.connection(peer)))
}

fn router(app: &Arc<App>, is_wanted: impl Fn(&str) -> bool) -> Router {
    let table = TABLE.iter().map(|entry| (entry.path, (entry.handler)()));
    let files = page::FILES.iter().map(|file| (file.path, page_file(file)));
    let wanted = table.chain(files).filter(|(path, _)| is_wanted(path));
    let router = wanted.fold(Router::new(), |router, (path, handler)| {
        router.route(path, handler)
    });
    router.fallback(unknown).with_state(Arc::clone(app))
}

fn page_file(file: &'static page::File) -> MethodRouter<Arc<App>> {
    get(async |headers: HeaderMap| file.answer(&headers)).layer(CompressionLayer::new())
}

/// For `/`: the greeting is sent as it is.
fn compress_page() -> CompressionLayer<impl Predicate> {
    let is_page = SizeAbove::default().and(NotForContentType::const_new("text/plain"));
    CompressionLayer::new().compress_when(is_page)
}

/// `OPTIONS *` asks what the server can do as a whole: RFC 9110, 9.3.7.
async fn unknown(method: Method, uri: Uri) -> Response {
    if method == Method::OPTIONS && uri.path() == "*" {
        (StatusCode::NO_CONTENT, [(ALLOW, "GET, HEAD")]).into_response()
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

/// The route of a request.
pub fn find(method: &Method, path: &str) -> Route {
    let table = TABLE.iter().map(|entry| (entry.path, entry.kind));
    let files = page::FILES.iter().map(|file| (file.path, RouteKind::Quiet));
    Route::find(table.chain(files), method, path)
}

//! Asking for the page and its files.

use reqwest::{Method, Response, header::HeaderMap};

use crate::app::TestApp;

/// What Firefox accepts when a page is opened.
pub(crate) const FIREFOX: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

pub(crate) async fn ask(
    app: &TestApp,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
) -> Response {
    let mut request = app.client.request(method, app.url(path));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

pub(crate) async fn get(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> Response {
    ask(app, Method::GET, path, headers).await
}

/// All values of a header.
pub(crate) fn all(headers: &HeaderMap, name: &str) -> String {
    let values = headers.get_all(name).iter();
    let values: Vec<_> = values.map(|value| value.to_str().unwrap()).collect();
    values.join(", ")
}

/// The files that the page is made of, as its folder has them.
pub(crate) fn files() -> Vec<(String, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/serve/page/web");
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files: Vec<_> = entries
        .map(|entry| entry.path())
        .map(|path| {
            (
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                std::fs::read(path).unwrap(),
            )
        })
        .filter(|(name, _)| name != "index.html")
        .collect();
    assert!(files.len() > 10, "{files:?}");
    files
}

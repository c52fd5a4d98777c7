//! The live page: its files, which are embedded, and who gets it.
//!
//! Every URL in it is relative, so that it works behind a proxy that strips a path prefix.

mod file;
#[cfg(test)]
mod tests;

pub use file::{File, with_nosniff};

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SVG: &str = "image/svg+xml; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! file {
    ($path:expr, $name:literal, $content_type:expr) => {
        File {
            path: $path,
            content_type: $content_type,
            content: include_bytes!(concat!("web/", $name)),
        }
    };
    ($name:literal, $content_type:expr) => {
        file!(concat!("/page/", $name), $name, $content_type)
    };
}

/// The page itself.
pub const INDEX: File = file!("/", "index.html", HTML);

/// What the page loads.
pub const FILES: &[File] = &[
    file!("style.css", CSS),
    file!("icon.svg", SVG),
    file!("main.js", JAVASCRIPT),
    file!("exposition.js", JAVASCRIPT),
    file!("protobuf.js", JAVASCRIPT),
    file!("reading.js", JAVASCRIPT),
    file!("buckets.js", JAVASCRIPT),
    file!("quantile.js", JAVASCRIPT),
    file!("history.js", JAVASCRIPT),
    file!("poll.js", JAVASCRIPT),
    file!("load.js", JAVASCRIPT),
    file!("delays.js", JAVASCRIPT),
    file!("view.js", JAVASCRIPT),
    file!("choices.js", JAVASCRIPT),
    file!("chart.js", JAVASCRIPT),
    file!("heatmap.js", JAVASCRIPT),
    file!("table.js", JAVASCRIPT),
    file!("facts.js", JAVASCRIPT),
    file!("promql.js", JAVASCRIPT),
    file!("text.js", JAVASCRIPT),
];

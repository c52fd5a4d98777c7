//! The last scrape: `/metrics` stays up at the end until each scraper that came lately has read what the last answers
//! recorded. Otherwise the answers since its last scrape would be missing in what it stores.

mod log;
mod note;
mod scraper;
mod scrapers;
#[cfg(test)]
mod tests;

pub use note::note;
pub use scrapers::{Connection, Scrapers};

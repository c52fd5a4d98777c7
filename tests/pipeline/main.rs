//! The service among real parts: Prometheus scrapes it, the collector and Jaeger get its spans. What is not on `PATH` is
//! skipped; `LAB_REQUIRED=1` makes that a failure.

#[path = "../deploy/files.rs"]
#[expect(dead_code, reason = "only tests/deploy walks folders")]
mod files;
#[path = "../parts/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses its own part of it"
)]
mod parts;
#[path = "../deploy/queries.rs"]
#[expect(dead_code, reason = "only tests/deploy reads rules by line")]
mod queries;

mod attributes;
mod boards;
mod canary;
mod delivery;
mod example;
mod formats;
mod instrumented;
mod last_scrape;
mod load;
mod logged;
mod native;
mod outage;
mod pushed;
mod scraped;
mod spans;
mod strict;
mod tls;

//! What the log says of the last scrapes.

use std::time::Duration;

use super::scraper::Scraper;

/// A scraper comes more rarely than it is waited for.
pub fn slow(scraper: &Scraper, grace: Duration) {
    let interval = scraper.interval().unwrap_or_default();
    tracing::warn!(
        client.address = %scraper.address,
        user_agent.original = scraper.agent,
        "/metrics is scraped every {interval:.0?}, which is longer than --scrape-grace ({grace:?}): the last answers of this \
         process may be missing there",
    );
}

/// The wait begins.
pub fn begin(longest: Duration) {
    tracing::info!("waiting at most {longest:.1?} until /metrics is scraped for the last time");
}

/// How the wait for a scraper ended.
pub fn end(scraper: &Scraper, has_read: bool, waited: Duration, grace: Duration) {
    let (address, agent) = (scraper.address, &*scraper.agent);
    if has_read {
        tracing::info!(
            client.address = %address,
            user_agent.original = agent,
            "the last answers were scraped",
        );
        return;
    }
    let reason = if scraper.interval().is_some_and(|own| own > grace) {
        "its interval is longer than --scrape-grace"
    } else {
        "it may have dropped this target already, as a ServiceMonitor and the role `endpoints` do with a pod that ends; a \
         PodMonitor, and the roles `pod` and `endpointslice`, keep it"
    };
    tracing::warn!(
        client.address = %address,
        user_agent.original = agent,
        "the last answers were not scraped within {waited:.1?}, and are missing there: {reason}",
    );
}

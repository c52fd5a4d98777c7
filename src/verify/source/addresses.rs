//! The addresses of the replicas' metrics: each address that a host name resolves to.

use std::net::IpAddr;

use reqwest::Url;

use super::url::beside;
use crate::{client::Client, verify::clients::Clients};

/// The given URLs, otherwise `/metrics` of the target; each at every address of its host name, with the client for it.
pub async fn addresses<'a>(
    clients: &'a Clients,
    target: &Url,
    given: &[Url],
) -> Result<Vec<(&'a Client, Url)>, String> {
    let metrics = [beside(target, "/metrics")];
    let mut found = Vec::new();
    for url in if given.is_empty() { &metrics } else { given } {
        // By the URL as given: an address is of another origin than its name.
        let client = clients.of_metrics(url);
        let all = each_address(url).await?.into_iter();
        found.extend(all.map(|at| (client, at)));
    }
    Ok(found)
}

async fn each_address(url: &Url) -> Result<Vec<Url>, String> {
    let host = url.host_str().unwrap_or_default();
    if host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return Ok(vec![url.clone()]);
    }
    let port = url.port_or_known_default().unwrap_or(80);
    let found = tokio::net::lookup_host((host, port))
        .await
        .map_err(|error| format!("cannot resolve {host}: {error}"))?;
    let mut found: Vec<_> = found.map(|address| address.ip()).collect();
    found.sort();
    found.dedup();
    if found.len() < 2 {
        return Ok(vec![url.clone()]);
    }
    if url.scheme() == "https" {
        return Err(format!(
            "{host} has {} addresses, and TLS certificates cannot be checked by address: give the URL of each replica with --metrics",
            found.len()
        ));
    }
    let at = |ip| {
        let mut at = url.clone();
        at.set_ip_host(ip).map(|()| at)
    };
    Ok(found.into_iter().filter_map(|ip| at(ip).ok()).collect())
}

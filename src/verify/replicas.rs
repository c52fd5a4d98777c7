//! Where the replicas are, and their `/metrics` before, during and after the run.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use reqwest::Url;

use super::{
    claim::beside,
    evidence::Asked,
    reading::{self, Reading, ReadingError, Replica},
    wait,
};
use crate::client::Client;

/// How often replicas are read while the load lasts.
const EVERY: Duration = Duration::from_secs(1);
/// How long the ledger may take to settle after the last answer.
const SETTLE: Duration = Duration::from_secs(10);

/// The replicas that are watched.
pub(super) struct Watch<'a> {
    client: &'a Client,
    namespace: &'a str,
    known: Vec<(Url, Replica)>,
}

impl<'a> Watch<'a> {
    /// Finds the replicas and reads each once.
    pub(super) async fn begin(
        client: &'a Client,
        namespace: &'a str,
        target: &Url,
        named: &[Url],
    ) -> Asked<Self> {
        let urls = match addresses(target, named).await {
            Ok(urls) => urls,
            Err(reason) => return Asked::Skipped(reason),
        };
        let mut known = Vec::<(Url, Replica)>::new();
        let mut refused = Vec::new();
        for url in urls {
            match reading::read(client, &url, namespace).await {
                // One process may answer at several addresses, as with IPv4 and IPv6.
                Ok(first)
                    if known
                        .iter()
                        .any(|(_, one)| one.readings[0].instance_id == first.instance_id) => {}
                Ok(first) => known.push((url.clone(), Replica::new(&url, first))),
                Err(error) => refused.push((url, error)),
            }
        }
        match refused.into_iter().next() {
            Some((url, error)) if known.is_empty() || named.contains(&url) => refuse(&error),
            // An address of the name where nobody listens is no replica; one that answers something else is a doubt.
            Some((_, error)) if !error.is_unreachable() => refuse(&error),
            _ => Asked::Got(Self {
                client,
                namespace,
                known,
            }),
        }
    }

    /// The first reading of each.
    pub(super) fn first(&self) -> Vec<Reading> {
        let all = self.known.iter();
        all.filter_map(|(_, replica)| replica.readings.first().cloned())
            .collect()
    }

    /// Reads all now and then, for ever.
    pub(super) async fn go_on(&mut self) {
        loop {
            tokio::time::sleep(EVERY).await;
            self.read().await;
        }
    }

    /// Reads until each answer is counted, and each request without an answer has ended in some way.
    pub(super) async fn settle(&mut self, answered: &BTreeMap<String, usize>, unanswered: usize) {
        wait::until("the ledger to settle", SETTLE, async || {
            self.read().await;
            let mut all = self.known.iter();
            all.all(|(_, replica)| is_settled(replica, answered, unanswered))
                .then_some(())
        })
        .await;
        for (_, replica) in &mut self.known {
            replica.settled = replica.readings.len();
        }
    }

    /// Reads all once; who does not answer now is left out.
    pub(super) async fn read(&mut self) {
        for (url, replica) in &mut self.known {
            if let Ok(reading) = reading::read(self.client, url, self.namespace).await {
                replica.readings.push(reading);
            }
        }
    }

    /// What was found.
    pub(super) fn end(self) -> Asked<Vec<Replica>> {
        let replicas: Vec<_> = self.known.into_iter().map(|(_, replica)| replica).collect();
        match replicas.iter().find(|replica| replica.alternates()) {
            Some(replica) => Asked::Skipped(format!(
                "{} is answered by several replicas in turn: name the address of each with --metrics",
                replica.url
            )),
            None => Asked::Got(replicas),
        }
    }
}

impl Replica {
    fn new(url: &Url, first: Reading) -> Self {
        Self {
            url: url.to_string(),
            readings: vec![first],
            settled: usize::MAX,
        }
    }
}

fn refuse<T>(error: &ReadingError) -> Asked<T> {
    if error.is_elsewhere() {
        Asked::Skipped(format!(
            "{error}: with --metrics-listen it is elsewhere; --metrics URL names it"
        ))
    } else if error.is_unreachable() {
        Asked::Unreachable(error.to_string())
    } else {
        Asked::Skipped(error.to_string())
    }
}

fn is_settled(replica: &Replica, answered: &BTreeMap<String, usize>, unanswered: usize) -> bool {
    let counted = replica.counted();
    counted.iter().filter(|life| life.is_whole).all(|life| {
        let due = answered.get(life.instance_id).copied().unwrap_or_default();
        let ended = life.counts.count("total");
        ended >= super::check::count(due)
            && (unanswered == 0 || life.counts.accepted <= ended + life.counts.count("cancelled"))
    })
}

/// The URLs that were named, else `/metrics` of the target; each at every address that its name resolves to.
async fn addresses(target: &Url, named: &[Url]) -> Result<Vec<Url>, String> {
    let metrics = [beside(target, "/metrics")];
    let mut found = Vec::new();
    for url in if named.is_empty() { &metrics } else { named } {
        found.extend(each_address(url).await?);
    }
    Ok(found)
}

async fn each_address(url: &Url) -> Result<Vec<Url>, String> {
    let (host, port) = (
        url.host_str().unwrap_or_default(),
        url.port_or_known_default().unwrap_or(80),
    );
    if host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return Ok(vec![url.clone()]);
    }
    let found = tokio::net::lookup_host((host, port))
        .await
        .map_err(|error| format!("{host} has no address: {error}"))?;
    let mut found: Vec<_> = found.map(|address| address.ip()).collect();
    found.sort();
    found.dedup();
    if found.len() < 2 {
        return Ok(vec![url.clone()]);
    }
    if url.scheme() == "https" {
        return Err(format!(
            "{host} has {} addresses, whose certificates cannot be checked one by one: --metrics URL names each replica",
            found.len()
        ));
    }
    let at = |ip| {
        let mut at = url.clone();
        at.set_ip_host(ip).map(|()| at)
    };
    Ok(found.into_iter().filter_map(|ip| at(ip).ok()).collect())
}

//! Reads the `/metrics` of each replica before, during and after the run.

use std::{collections::BTreeMap, pin::pin, time::Duration};

use futures_util::{StreamExt, future::join_all, stream::FuturesUnordered};
use reqwest::Url;

use super::{addresses::addresses, clock::unix_millis, formats, page::Page, wait};
use crate::{
    client::{Destination, without_password},
    contract::{Names, Step},
    verify::{
        clients::Clients,
        model::{
            finding::Finding,
            page::{PageSnapshot, Replica},
            refusal::Refusal,
            requests::Requests,
        },
    },
};

/// How often replicas are read under load.
const READ_INTERVAL: Duration = Duration::from_secs(1);
/// Most snapshots of a replica that are kept during the load.
const MAX_SNAPSHOTS: usize = 600;
/// How long the counts may take to settle after the last answer.
const SETTLE: Duration = Duration::from_secs(10);

/// The replicas of the service.
pub struct ReplicaPages<'a> {
    clients: &'a Clients,
    names: &'a Names,
    target: &'a Url,
    given: &'a [Url],
    replicas: Vec<(Page<'a>, Replica)>,
    /// When the first one was asked, in milliseconds of Unix time.
    began: i64,
}

impl<'a> ReplicaPages<'a> {
    /// Finds the replicas and reads each once; refused where a given URL does not return the metrics of a replica.
    pub async fn begin(
        clients: &'a Clients,
        names: &'a Names,
        target: &'a Url,
        given: &'a [Url],
    ) -> Result<Finding<Self>, Refusal> {
        let began = unix_millis();
        let found = match addresses(clients, target, given).await {
            Ok(found) => found,
            Err(reason) if given.is_empty() => return Ok(Finding::Skipped(reason)),
            Err(reason) => {
                let remedy = "is this its address?";
                return Err(Refusal::of(Destination::Metrics, &reason, remedy));
            }
        };
        let mut pages = Self {
            clients,
            names,
            target,
            given,
            replicas: Vec::new(),
            began,
        };
        let mut refused = None;
        for (client, url) in found {
            let page = Page { client, url };
            match page.read(names).await {
                Ok(first) => pages.add(page, first, false),
                Err(error) => {
                    refused.get_or_insert((page.url, error));
                }
            }
        }
        let Some((url, error)) = refused else {
            return Ok(Finding::Found(pages));
        };
        // Nothing listens at some of the addresses of a name; but an answer that is not a page is an error.
        let is_needed =
            pages.replicas.is_empty() || given.contains(&url) || !error.is_unreachable();
        match is_needed {
            false => Ok(Finding::Found(pages)),
            true if given.is_empty() => Ok(error.into()),
            true => Err(Refusal::of(Destination::Metrics, &error, &error.remedy())),
        }
    }

    /// One that is found under load answered nothing at this name before.
    fn add(&mut self, page: Page<'a>, first: PageSnapshot, is_under_load: bool) {
        // One process may answer at several addresses, as with IPv4 and IPv6.
        if self.instance_ids().contains(&first.instance_id) {
            return;
        }
        let started = first.started.map(|seconds| seconds * 1e3);
        let mut replica = Replica {
            url: without_password(&page.url),
            began_in_run: false,
            is_gone: false,
            snapshots: vec![first],
            settled: None,
            unread: None,
            after: None,
            offered: None,
        };
        let began = self.began + replica.clock().apart();
        replica.began_in_run = is_under_load || started > Some(began as f64);
        self.replicas.push((page, replica));
    }

    /// Those whose counts after the run are known.
    pub fn replicas(&self) -> impl Iterator<Item = &Replica> {
        let all = self.replicas.iter().map(|(_, replica)| replica);
        all.filter(|replica| replica.unread.is_none())
    }

    /// The instance ids that have been seen so far.
    pub fn instance_ids(&self) -> Vec<String> {
        let replicas = self.replicas.iter();
        let pages = replicas.flat_map(|(_, replica)| &replica.snapshots);
        pages.map(|page| page.instance_id.clone()).collect()
    }

    /// Reads all replicas once more, after a request that is not one of the run; what was read before it is forgotten.
    pub async fn begin_again(&mut self) {
        for (page, replica) in &mut self.replicas {
            if let Ok(next) = page.read(self.names).await {
                let is_same = |first: &PageSnapshot| first.instance_id == next.instance_id;
                replica.snapshots.retain(|first| !is_same(first));
                replica.snapshots.push(next);
            }
        }
    }

    /// Reads each replica at an interval, and looks for new ones; never returns. Where one of them is slow, or ended and
    /// left an address at which nothing refuses a connection, the others are read nevertheless.
    pub async fn keep_reading(&mut self) {
        let names = self.names;
        let later = async |index, page: Page<'a>| {
            tokio::time::sleep(READ_INTERVAL).await;
            (index, page.read(names).await)
        };
        let mut reading = FuturesUnordered::new();
        loop {
            for index in reading.len()..self.replicas.len() {
                reading.push(later(index, self.replicas[index].0.clone()));
            }
            let found = self.look_for_new();
            let mut looking = pin!(async {
                tokio::time::sleep(READ_INTERVAL).await;
                found.await
            });
            let found = loop {
                tokio::select! {
                    found = &mut looking => break found,
                    Some((index, next)) = reading.next() => {
                        let (page, replica) = &mut self.replicas[index];
                        replica.note(next.map_err(|error| error.unread()), MAX_SNAPSHOTS);
                        reading.push(later(index, page.clone()));
                    }
                }
            };
            self.add_all(found, true);
        }
    }

    /// Adds the replicas that answer by now at further addresses of the names.
    pub async fn find_new(&mut self, is_under_load: bool) {
        let found = self.look_for_new().await;
        self.add_all(found, is_under_load);
    }

    fn add_all(&mut self, found: Vec<(Page<'a>, PageSnapshot)>, is_under_load: bool) {
        for (page, first) in found {
            self.add(page, first, is_under_load);
        }
    }

    /// Those that answer at addresses that are not known.
    fn look_for_new(&self) -> impl Future<Output = Vec<(Page<'a>, PageSnapshot)>> + use<'a> {
        let (clients, target, given, names) = (self.clients, self.target, self.given, self.names);
        let known: Vec<_> = self.replicas.iter().map(|(it, _)| it.url.clone()).collect();
        async move {
            let found = addresses(clients, target, given).await.unwrap_or_default();
            let unknown = found.into_iter().filter(|(_, url)| !known.contains(url));
            let read = unknown.map(async |(client, url)| {
                let page = Page { client, url };
                let first = page.read(names).await.ok()?;
                Some((page, first))
            });
            join_all(read).await.into_iter().flatten().collect()
        }
    }

    /// Reads until each answer is counted, and each request without an answer has ended.
    pub async fn settle(&mut self, sent: &Requests) {
        let (answered, has_failed) = (sent.by_replica(), sent.failed().next().is_some());
        self.find_new(true).await;
        wait::until("the counts to settle", SETTLE, async || {
            self.read_all().await;
            let mut all = self.replicas.iter();
            all.all(|(_, replica)| is_settled(replica, &answered, has_failed))
                .then_some(())
        })
        .await;
        for (_, replica) in &mut self.replicas {
            replica.settled = Some(replica.snapshots.len());
        }
    }

    /// Reads all replicas once, at the same time; notes those that do not answer.
    pub async fn read_all(&mut self) {
        let names = self.names;
        let reading = self.readable().map(async |(page, replica)| {
            let next = page.read(names).await;
            replica.note(next.map_err(|error| error.unread()), MAX_SNAPSHOTS);
        });
        join_all(reading).await;
    }

    /// Those that could be read after the run.
    fn readable(&mut self) -> impl Iterator<Item = &mut (Page<'a>, Replica)> {
        let all = self.replicas.iter_mut();
        all.filter(|(_, replica)| {
            replica.settled.is_none() || (replica.unread.is_none() && !replica.is_gone)
        })
    }

    /// Reads all replicas once more, for the counters of exported spans alone.
    pub async fn read_exports(&mut self) {
        let names = self.names;
        for (page, replica) in self.readable() {
            replica.after = page.read(names).await.ok();
        }
    }

    /// Reads what each replica offers in other formats.
    pub async fn read_formats(&mut self) {
        let names = self.names;
        for (page, replica) in self.readable() {
            replica.offered = Some(formats::offered(page.client, &page.url, names).await);
        }
    }

    /// Everything that was read.
    pub fn end(self) -> Finding<Vec<Replica>> {
        let replicas = self.replicas.into_iter();
        let replicas: Vec<_> = replicas.map(|(_, replica)| replica).collect();
        let mut unread = replicas
            .iter()
            .filter_map(|replica| replica.unread.as_ref());
        if let Some(reason) = unread.next() {
            return Finding::Unreachable(reason.clone());
        }
        match replicas.iter().find(|replica| replica.alternates()) {
            Some(replica) => Finding::Skipped(format!(
                "{} is answered by several replicas in turn: give the address of each with --metrics",
                replica.url
            )),
            None => Finding::Found(replicas),
        }
    }
}

fn is_settled(replica: &Replica, answered: &BTreeMap<&str, usize>, has_failed: bool) -> bool {
    let mut running = replica.processes();
    running.retain(|process| process.is_complete && !process.is_gone);
    running.iter().all(|process| {
        let expected = answered.get(process.instance_id).copied();
        process.counts.count(Step::Total) >= expected.unwrap_or_default() as f64
            && (!has_failed || process.counts.accepted <= process.counts.ended())
    })
}

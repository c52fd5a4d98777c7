//! A DNS resolver with a cache of one second; returns the addresses round-robin, so that the replicas behind one name
//! share the load.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::{net::lookup_host, sync::Mutex};

/// How long a lookup is cached.
const TTL: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub struct Resolver(Arc<Mutex<HashMap<String, Entry>>>);

/// Why a name cannot be resolved.
#[derive(Clone, Debug, thiserror::Error)]
#[error("`{name}`: {reason}")]
pub struct ResolveError {
    name: String,
    reason: String,
}

#[derive(Debug)]
struct Entry {
    found: Result<Vec<IpAddr>, ResolveError>,
    at: Instant,
    turn: usize,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let entries = Arc::clone(&self.0);
        Box::pin(async move {
            // Held during the lookup, so that concurrent requests for the name share one lookup.
            let mut entries = entries.lock().await;
            let known = entries.get(name.as_str());
            if known.is_none_or(|entry| entry.at.elapsed() > TTL) {
                // The turn goes on, or connections made seldom would all get the first address.
                let turn = known.map_or(0, |entry| entry.turn);
                let entry = Entry::look_up(name.as_str(), turn).await;
                entries.insert(name.as_str().to_owned(), entry);
            }
            let Some(entry) = entries.get_mut(name.as_str()) else {
                return Ok(Box::new(std::iter::empty()) as Addrs);
            };
            let turn = entry.turn;
            entry.turn = turn.wrapping_add(1);
            let addresses = round_robin(entry.found.clone()?, turn);
            Ok(Box::new(addresses.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs)
        })
    }
}

impl Entry {
    async fn look_up(name: &str, turn: usize) -> Self {
        let found = lookup_host((name, 0)).await.and_then(|found| {
            let found: Vec<_> = found.map(|address| address.ip()).collect();
            if found.is_empty() {
                return Err(io::Error::other("no addresses found"));
            }
            Ok(found)
        });
        Self {
            found: found.map_err(|error| ResolveError {
                name: name.to_owned(),
                reason: error.to_string(),
            }),
            at: Instant::now(),
            turn,
        }
    }
}

/// Rotates the addresses of the IP version that the system prefers; the others stay the fallback. Sorted first, since a
/// DNS server may rotate them, too.
fn round_robin(addresses: Vec<IpAddr>, turn: usize) -> Vec<IpAddr> {
    let prefers_v6 = addresses.first().is_some_and(IpAddr::is_ipv6);
    let (mut first, rest): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == prefers_v6);
    first.sort_unstable();
    if let Some(turn) = turn.checked_rem(first.len()) {
        first.rotate_left(turn);
    }
    first.extend(rest);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_take_turns_within_the_preferred_family() {
        let [a, b, six]: [IpAddr; 3] =
            ["10.0.0.1", "10.0.0.2", "::1"].map(|ip| ip.parse().unwrap());
        assert_eq!(round_robin(vec![a, b, six], 0), [a, b, six]);
        assert_eq!(round_robin(vec![a, b, six], 3), [b, a, six]);
        assert_eq!(round_robin(vec![six, a, b], 1), [six, a, b]);
        assert_eq!(round_robin(vec![b, a], 0), [a, b]);
        assert_eq!(round_robin(Vec::new(), 1), Vec::<IpAddr>::new());
    }

    #[tokio::test]
    async fn the_turn_goes_on_after_a_new_lookup() {
        let resolver = Resolver::default();
        for turn in 1..=3 {
            let found = resolver.resolve("localhost".parse().unwrap()).await;
            assert!(found.is_ok());
            let mut entries = resolver.0.lock().await;
            let entry = entries.get_mut("localhost").unwrap();
            assert_eq!(entry.turn, turn);
            entry.at = entry.at.checked_sub(2 * TTL).unwrap();
        }
    }

    #[tokio::test]
    async fn a_name_is_looked_up_once_a_second_and_refused_by_name() {
        let resolver = Resolver::default();
        for _ in 0..3 {
            let addresses = resolver
                .resolve("localhost".parse().unwrap())
                .await
                .unwrap();
            assert!(addresses.count() > 0);
        }
        assert_eq!(resolver.0.lock().await["localhost"].turn, 3);
        let Err(error) = resolver
            .resolve("no-such-name.invalid".parse().unwrap())
            .await
        else {
            panic!("a nonexistent name was resolved");
        };
        assert!(
            error.to_string().contains("no-such-name.invalid"),
            "{error}"
        );
    }
}

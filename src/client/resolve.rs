//! Names to addresses: each looked up at most once a second, however many connections are opened, and its addresses
//! taken in turn, so that the replicas behind one name share the load.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::{net::lookup_host, sync::Mutex};

const VALID: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct Resolver(Arc<Mutex<HashMap<String, Entry>>>);

/// Why a name has no address.
#[derive(Clone, Debug, thiserror::Error)]
#[error("`{name}`: {reason}")]
pub(super) struct ResolveError {
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
            // Held while the name is looked up: who asks for it meanwhile waits for the same answer.
            let mut entries = entries.lock().await;
            let known = entries.get(name.as_str());
            if known.is_none_or(|entry| entry.at.elapsed() > VALID) {
                let entry = Entry::look_up(name.as_str()).await;
                entries.insert(name.as_str().to_owned(), entry);
            }
            let Some(entry) = entries.get_mut(name.as_str()) else {
                return Ok(Box::new(std::iter::empty()) as Addrs);
            };
            let turn = entry.turn;
            entry.turn = turn.wrapping_add(1);
            let addresses = in_turn(entry.found.clone()?, turn);
            Ok(Box::new(addresses.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs)
        })
    }
}

impl Entry {
    async fn look_up(name: &str) -> Self {
        let found = lookup_host((name, 0)).await.and_then(|found| {
            let found: Vec<_> = found.map(|address| address.ip()).collect();
            if found.is_empty() {
                return Err(io::Error::other("it has no address"));
            }
            Ok(found)
        });
        Self {
            found: found.map_err(|error| ResolveError {
                name: name.to_owned(),
                reason: error.to_string(),
            }),
            at: Instant::now(),
            turn: 0,
        }
    }
}

/// Rotates the addresses of the family that the system prefers; the other one stays the fallback.
fn in_turn(addresses: Vec<IpAddr>, turn: usize) -> Vec<IpAddr> {
    let prefers_v6 = addresses.first().is_some_and(IpAddr::is_ipv6);
    let (mut first, rest): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == prefers_v6);
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
        assert_eq!(in_turn(vec![a, b, six], 0), [a, b, six]);
        assert_eq!(in_turn(vec![a, b, six], 3), [b, a, six]);
        assert_eq!(in_turn(vec![six, a, b], 1), [six, a, b]);
        assert_eq!(in_turn(Vec::new(), 1), Vec::<IpAddr>::new());
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
            panic!("a name that cannot exist was found");
        };
        assert!(
            error.to_string().contains("no-such-name.invalid"),
            "{error}"
        );
    }
}

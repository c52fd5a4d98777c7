//! The headers of requests.

use std::collections::BTreeSet;

use httpserver::client::{Client, ClientArgs};

use crate::servers;

#[tokio::test]
async fn every_given_header_is_sent_also_of_one_name() {
    let url = servers::echo().await;
    let given = [
        ("cookie", "a=1"),
        ("cookie", "b=2"),
        ("user-agent", "mine"),
        ("host", "other"),
    ];
    let header = given.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    let args = ClientArgs {
        header: header.to_vec(),
        ..ClientArgs::default()
    };
    let client = Client::new(&args).unwrap();
    for _ in 0..2 {
        let answer = client.fetch(&url.parse().unwrap(), 10_000).await.unwrap();
        let got: BTreeSet<_> = answer.body.lines().collect();
        for (name, value) in given {
            assert!(got.contains(&*format!("{name}: {value}")), "{got:?}");
        }
        assert_eq!(got.len(), given.len() + 1, "and `accept`: {got:?}");
    }
}

//! The headers of requests.

use std::collections::BTreeSet;

use httpserver::client::{Client, ClientArgs, Destination, Tokens};

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
        let body = answer.text();
        let got: BTreeSet<_> = body.lines().collect();
        for (name, value) in given {
            assert!(got.contains(&*format!("{name}: {value}")), "{got:?}");
        }
        assert_eq!(got.len(), given.len() + 1, "and `accept`: {got:?}");
    }
}

#[tokio::test]
async fn the_credentials_of_the_target_are_sent() {
    let url = servers::echo().await;
    let path = std::env::temp_dir().join(format!("httpserver-load-{}.yml", std::process::id()));
    std::fs::write(&path, "http_headers: {X-Tenant: {values: [a, b]}}").unwrap();
    let variable = |name: &str| (name == "HTTPSERVER_TARGET_TOKEN").then(|| "open".into());
    let args = ClientArgs {
        header: vec![("x-tenant".parse().unwrap(), "c".parse().unwrap())],
        target_http_config: Some(path.clone()),
        tokens: Tokens::read(&[Destination::Target], variable).unwrap(),
        ..ClientArgs::default()
    };
    let client = Client::new(&args);
    std::fs::remove_file(&path).unwrap();
    let answer = client.unwrap().fetch(&url.parse().unwrap(), 10_000).await;
    let body = answer.unwrap().text();
    for line in [
        "authorization: Bearer open",
        "x-tenant: a",
        "x-tenant: b",
        "x-tenant: c",
    ] {
        assert!(body.lines().any(|got| got == line), "{line}: {body}");
    }
}

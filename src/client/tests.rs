//! A server that does not answer.

use std::{net::TcpStream, time::Duration};

use tokio::net::TcpSocket;

use super::{Client, Credentials, Failure};

#[tokio::test]
async fn a_server_that_takes_no_connection_is_told_from_one_that_does_not_answer() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    // It accepts none, and Linux leaves further connections waiting where the queue is full.
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let url = format!("http://{address}/").parse().unwrap();
    let failure = async |connect_timeout, timeout| {
        let own = Credentials::default();
        let client = Client::connecting_within(connect_timeout, &own, timeout).unwrap();
        client.text(&url, 100).await.unwrap_err().failure
    };
    let (short, long) = (Duration::from_millis(300), Duration::from_mins(1));
    assert_eq!(failure(None, short).await, Failure::Timeout);
    let fill = || TcpStream::connect_timeout(&address, short);
    let waiting: Vec<_> = (0..10).map_while(|_| fill().ok()).collect();
    assert!(waiting.len() < 10, "the queue is never full");
    let refused = failure(Some(short), long).await;
    assert_eq!(refused, Failure::Connect("no response".to_owned()));
}

//! Bounded load on a service, and its answers.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
};

use httpserver::contract::ServerTiming;

use crate::parts::{Answer, Connection};

/// `each` requests after another on each of `connections`; every answer, in no order. Panics where one is missing.
pub(crate) fn run(address: SocketAddr, connections: usize, each: usize) -> Vec<Answer> {
    thread::scope(|scope| {
        let one = || {
            let mut connection = Connection::open(address).unwrap();
            let answers = (0..each).map(|_| connection.get("/images", &[]).unwrap());
            answers.collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..connections).map(|_| scope.spawn(one)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    })
}

/// Requests on each of `connections` for as long as `meanwhile` takes; every answer, and what `meanwhile` returned.
pub(crate) fn during<T>(
    address: SocketAddr,
    connections: usize,
    meanwhile: impl FnOnce() -> T,
) -> (Vec<Answer>, T) {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let one = || {
            let mut connection = Connection::open(address).unwrap();
            let mut answers = Vec::new();
            while !over.load(Relaxed) {
                answers.push(connection.get("/images", &[]).unwrap());
            }
            answers
        };
        let threads: Vec<_> = (0..connections).map(|_| scope.spawn(one)).collect();
        let guard = Over(&over); // also where `meanwhile` panics: the threads must end
        let result = meanwhile();
        drop(guard);
        let answers = threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap());
        (answers.collect(), result)
    })
}

struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// How many requests were answered with 200; panics where one was answered otherwise.
pub(crate) fn answered(answers: &[Answer]) -> u64 {
    for answer in answers {
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    answers.len() as u64
}

pub(crate) fn trace_id(answer: &Answer) -> &str {
    answer.header("traceresponse").split('-').nth(1).unwrap()
}

pub(crate) fn timing(answer: &Answer) -> ServerTiming {
    answer.header("server-timing").parse().unwrap()
}

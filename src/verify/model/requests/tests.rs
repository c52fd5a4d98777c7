//! Requests are kept without a loss, and a server cannot make them grow.

use super::*;
use crate::contract::ServerTiming;
use crate::verify::model::spans::WantedTrace;

const IDS: TraceContext = TraceContext {
    trace_id: 7,
    parent_id: 8,
};

fn answered(replica: &str, span: TraceContext) -> Sent {
    Sent {
        trace_context: IDS,
        sampled: true,
        due: Duration::ZERO,
        sent: Duration::from_millis(5),
        done: Duration::from_millis(9),
        outcome: Outcome::Answered {
            status: 200,
            timing: ServerTiming {
                delay: Some(Duration::from_nanos(1)),
                total: Some(Duration::from_nanos(2)),
                replica: Some(replica.to_owned()),
            },
            traceresponse: Some(span),
            bytes: 0,
        },
    }
}

fn span(trace_id: u128, parent_id: u64) -> TraceContext {
    TraceContext {
        trace_id,
        parent_id,
    }
}

#[test]
fn an_answer_is_returned_as_it_was_received() {
    assert_eq!(size_of::<Kept>(), 64);
    let mut requests = Requests::default();
    for trace in [span(7, 1), span(9, 1), span(7, 1)] {
        requests.push(&answered("a", trace));
    }
    let answers: Vec<_> = requests.answers().collect();
    assert_eq!(answers[1].trace, Some(span(9, 1)));
    let first = answers[0];
    assert_eq!((first.sent, first.trace), (IDS, Some(span(7, 1))));
    let times = [first.drawn, first.total, first.service_time, first.done];
    assert_eq!(
        times.map(|time| time.as_nanos()),
        [1, 2, 4_000_000, 9_000_000]
    );
    assert_eq!(requests.by_replica(), [("a", 3)].into());
    assert_eq!(requests.repeated(), [2].into());
    let wanted = WantedTrace {
        id: 7,
        replica: Some("a".into()),
    };
    assert_eq!(requests.sampled(), [(); 3].map(|()| wanted.clone()));
}

#[test]
fn a_server_that_makes_up_replicas_does_not_grow_them() {
    let mut requests = Requests::default();
    for n in 0..=MAX_REPLICAS {
        requests.push(&answered(&n.to_string(), span(7, 1)));
    }
    requests.push(&answered(&"x".repeat(MAX_NAME + 1), span(7, 1)));
    assert_eq!(requests.by_replica().len(), MAX_REPLICAS);
    assert_eq!(
        (requests.len(), requests.unmeasured()),
        (MAX_REPLICAS + 2, 2)
    );
    assert_eq!(requests.untimed().collect::<Vec<_>>(), [200, 200]);
}

//! Rounds on a simulated clock: what is kept stays bounded, and only changes are news.

use std::iter;

use super::*;
use crate::verify::{JudgedHop, Sent, Stage, StageName};

fn round(judgements: &[(&'static str, Judgement)]) -> Round {
    let hop = |(id, judgement): &(&'static str, Judgement)| JudgedHop {
        id,
        judgement: *judgement,
        lines: vec![format!("{id} is {}", judgement.as_str()); 100],
        is_explained: false,
    };
    Round {
        claim: "c".repeat(10_000),
        hops: judgements.iter().map(hop).collect(),
        sent: Sent {
            answered: 20,
            ..Sent::default()
        },
        stages: vec![Stage {
            name: StageName::Traces,
            expected: 20,
            found: 18,
            duplicate: 0,
            lags: Vec::new(),
        }],
        ..Round::default()
    }
}

#[test]
fn a_hundred_thousand_rounds_take_no_more_room_than_twenty() {
    let mut tally = Tally::default();
    let mut sizes = Vec::new();
    for minute in 0..100_000_u32 {
        let number = tally.begin();
        let judgement = Judgement::ALL[minute as usize % Judgement::ALL.len()];
        tally.add(
            number,
            f64::from(minute) * 60.0,
            &round(&[("traces", judgement)]),
        );
        let looked = Looked {
            expected: 0,
            found: 1,
        };
        tally.add_late(number, StageName::Traces, looked, iter::empty());
        if minute % 10_000 == 9_999 {
            sizes.push(serde_json::to_string(&tally).unwrap().len());
        }
    }
    assert_eq!((tally.rounds, tally.last.len()), (100_000, KEPT));
    assert_eq!(tally.last[0].number, 100_000);
    assert_eq!(tally.last[0].stages[0].late, 1);
    let (least, most) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
    assert!(most - least < 500 && *most < 200_000, "{sizes:?}");
    assert!(tally.in_progress().is_empty());
}

#[test]
fn only_a_change_is_news_and_a_warning_or_a_skipped_hop_is_none() {
    use Judgement::{Fail, Pass, Skipped, Unreachable, Warn};
    let mut tally = Tally::default();
    let mut news = Vec::new();
    for judgement in [
        Pass,
        Warn,
        Fail,
        Skipped,
        Fail,
        Unreachable,
        Skipped,
        Warn,
        Pass,
    ] {
        let number = tally.begin();
        let Added { changes, .. } = tally.add(number, 0.0, &round(&[("traces", judgement)]));
        news.push(
            changes
                .iter()
                .map(|it| (it.hop, it.verdict))
                .collect::<Vec<_>>(),
        );
    }
    let both = |verdict| vec![("traces", verdict), (ROUND, verdict)];
    let none = Vec::new;
    assert_eq!(
        news,
        [
            none(),
            none(),
            both("fail"),
            none(),
            none(),
            both("unreachable"),
            none(),
            both("warn"),
            none()
        ]
    );
}

#[test]
fn a_stage_that_could_be_asked_after_an_outage_is_added_to_its_round() {
    let mut tally = Tally::default();
    let number = tally.begin();
    tally.add(number, 0.0, &Round::default());
    for (expected, found, missing) in [(20, 15, 5), (0, 4, 1)] {
        let looked = Looked { expected, found };
        tally.add_late(number, StageName::Traces, looked, 0..missing);
    }
    let [stage] = &tally.last[0].stages[..] else {
        panic!("{tally:?}")
    };
    assert_eq!((stage.expected, stage.found, stage.late), (20, 0, 19));
    assert_eq!(tally.last[0].missing_traces, [format!("{:032x}", 0)]);
}

#[test]
fn rounds_that_end_in_another_order_are_kept_in_that_of_their_begin() {
    let mut tally = Tally::default();
    let [first, second, third] = [(); 3].map(|()| tally.begin());
    for number in [second, third, first] {
        tally.add(number, 0.0, &round(&[("traces", Judgement::Pass)]));
    }
    // The verdict is that of the latest.
    let bad = round(&[("traces", Judgement::Fail)]);
    let added = tally.add(second, 0.0, &bad);
    assert!(added.current.is_empty() && added.changes.is_empty());
    let numbers: Vec<_> = tally.last.iter().map(|round| round.number).collect();
    assert_eq!(numbers, [third, second, second, first]);
}

//! The rounds: begins each when it is due, while earlier ones wait for what is late, and reports it when it is judged.

use std::{
    cell::Cell,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{sync::oneshot, time::timeout};

use super::{
    args::CanaryArgs,
    heartbeat::Heartbeat,
    schedule::Schedule,
    state::State,
    tally::{Change, KEPT},
};
use crate::{
    exit::Exit,
    output::quietly,
    verify::{self, Missing, Round, USUAL_WAIT, VerifyArgs, needed_wait},
};

/// What the other questions of a round may take.
const QUESTIONS: Duration = Duration::from_secs(30);

/// A round that has ended.
struct Ended {
    number: u64,
    began: f64,
    round: anyhow::Result<Round>,
}

/// What a round was missing.
type Kept = (u64, Missing);

/// Watches until it is dropped.
///
/// # Errors
/// When a clock cannot be created.
pub async fn watch(
    args: &CanaryArgs,
    state: &State,
    heartbeat: Option<&Heartbeat>,
    interval: Duration,
) -> anyhow::Result<Exit> {
    let interval = Cell::new(interval);
    let mut schedule = Schedule::new(args.rounds.every);
    let (mut running, mut looking) = (FuturesUnordered::new(), FuturesUnordered::new());
    let (mut missing, mut known_trace) = (Vec::new(), None);
    loop {
        tokio::select! {
            () = schedule.next(), if running.len() < args.rounds.most_held() => {
                if running.is_empty() {
                    verify::follow_clock();
                }
                let counted = schedule.begin();
                note_missed(state, schedule.missed);
                let number = state.tally().begin();
                running.push(quietly(one(args, &interval, (number, known_trace), counted)));
            }
            Some(ended) = running.next() => {
                let Ended { number, began, round } = ended;
                let mut round = round?;
                report(state, number, began, &round);
                if let Some(heartbeat) = heartbeat.filter(|_| round.judgement().is_good()) {
                    heartbeat.beat();
                }
                known_trace = round.known_trace.or(known_trace);
                keep(&mut missing, round.missing.drain(..).map(|missing| (number, missing)));
                if looking.is_empty() {
                    looking.push(quietly(look_again(std::mem::take(&mut missing))));
                }
            }
            Some(looked) = looking.next() => {
                for (number, found, rest) in &looked {
                    note_late(state, *number, rest, *found);
                }
                let rest = looked.into_iter().map(|(number, _, rest)| (number, rest));
                keep(&mut missing, rest.filter(|(_, rest)| !rest.is_over()));
            }
        }
    }
}

/// One round, which ends in any case.
async fn one(
    args: &CanaryArgs,
    interval: &Cell<Duration>,
    (number, known_trace): (u64, Option<u128>),
    counted: oneshot::Sender<()>,
) -> Ended {
    let began = unix_seconds();
    let deadline = args.rounds.deadline;
    let own = with_wait(args, interval).await;
    // A question to a source that has gone is repeated for so long, before the load has ended and after the deadline.
    let repeated = 2 * own.run.wait.unwrap_or(USUAL_WAIT);
    let longest = args.rounds.every + deadline + repeated + QUESTIONS;
    let round = verify::round(&own, deadline, known_trace, move || drop(counted));
    let round = timeout(longest, round).await.unwrap_or_else(|_| {
        let reason = format!("the round was not complete after {longest:?}, and was ended");
        Ok(Round::unreachable(reason))
    });
    Ended {
        number,
        began,
        round,
    }
}

/// The flags of a round. The usual `--wait` would only delay the next round where a replica is not scraped at all: two scrape
/// intervals are enough, and are asked for until they are known.
async fn with_wait(args: &CanaryArgs, interval: &Cell<Duration>) -> VerifyArgs {
    let mut own = args.verify.clone();
    if interval.get().is_zero() && own.prometheus.is_some() {
        let needed = verify::needed(&own).await;
        interval.set(needed.interval);
        if let Some(reason) = args.rounds.is_too_short_for(&needed) {
            tracing::warn!("{reason}");
        }
    }
    if !interval.get().is_zero() {
        let wait = needed_wait(interval.get().as_secs_f64());
        own.run.wait.get_or_insert(wait);
    }
    own
}

/// Asks again for what rounds were missing: how much of each is there by now, and the rest.
async fn look_again(all: Vec<Kept>) -> Vec<(u64, u64, Missing)> {
    let mut looked = Vec::new();
    for (number, mut missing) in all {
        let found = missing.find().await;
        looked.push((number, found, missing));
    }
    looked
}

/// Adds what is missing, and forgets the oldest.
fn keep(missing: &mut Vec<Kept>, more: impl Iterator<Item = Kept>) {
    missing.extend(more);
    missing.sort_by_key(|(number, _)| *number);
    let oldest = missing.len().saturating_sub(KEPT);
    missing.drain(..oldest);
}

fn report(state: &State, number: u64, began: f64, round: &Round) {
    let added = state.tally().add(number, began, round);
    state.metrics.record(round, unix_seconds());
    state.metrics.show(&added.current);
    for Change {
        hop,
        is_good,
        verdict,
        reason,
    } in added.changes
    {
        if is_good {
            tracing::info!(round = number, hop, verdict, reason, "right again");
        } else {
            tracing::warn!(round = number, hop, verdict, reason, "not right");
        }
    }
}

fn note_late(state: &State, number: u64, rest: &Missing, found: u64) {
    if found == 0 {
        return;
    }
    let place = rest.stage();
    state.metrics.record_late(place, found);
    let place = place.as_str();
    state.tally().add_late(number, place, found);
    tracing::info!(
        round = number,
        stage = place,
        requests = found,
        "found late: not lost"
    );
}

fn note_missed(state: &State, missed: u64) {
    let before = std::mem::replace(&mut state.tally().missed, missed);
    if before == 0 && missed > 0 {
        tracing::warn!("a round takes longer than --every: some rounds are left out");
    }
}

fn unix_seconds() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}

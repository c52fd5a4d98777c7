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
    verify::{
        self, Looked, Missing, Needed, Round, USUAL_WAIT, VerifyArgs, needed_wait, rule_wait,
    },
};

/// What the other questions of a round may take.
const QUESTIONS: Duration = Duration::from_secs(30);

/// A round that has ended.
struct Ended {
    number: u64,
    began: f64,
    round: anyhow::Result<Round>,
}

/// What the sources said that a round needs.
struct Known {
    needed: Cell<Needed>,
    /// Whether it may have changed since.
    is_stale: Cell<bool>,
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
    needed: Needed,
) -> anyhow::Result<Exit> {
    let known = Known {
        needed: Cell::new(needed),
        is_stale: Cell::new(false),
    };
    let mut schedule = Schedule::new(args.rounds.every);
    let (mut running, mut looking) = (FuturesUnordered::new(), FuturesUnordered::new());
    let (mut missing, mut known_trace) = (Vec::new(), None);
    loop {
        tokio::select! {
            // A clock that was set is followed between the rounds.
            () = schedule.next(), if running.is_empty()
                || running.len() < args.rounds.most_held() && !verify::has_clock_stepped() =>
            {
                if running.is_empty() {
                    verify::follow_clock();
                }
                let counted = schedule.begin();
                note_missed(state, schedule.missed);
                let number = state.tally().begin();
                running.push(quietly(one(args, &known, (number, known_trace), counted)));
            }
            Some(ended) = running.next() => {
                let Ended { number, began, round } = ended;
                let mut round = round?;
                report(state, number, began, &round);
                if let Some(heartbeat) = heartbeat.filter(|_| round.judgement().is_good()) {
                    heartbeat.beat();
                }
                // One that the store has lost would explain later losses, too.
                let still = known_trace.filter(|_| !round.is_trace_store_emptied);
                known_trace = round.known_trace.or(still);
                known.is_stale.set(round.is_unreachable("prometheus"));
                missing.extend(round.missing.drain(..).map(|missing| (number, missing)));
                forget(&mut missing, number);
                if looking.is_empty() {
                    looking.push(quietly(look_again(std::mem::take(&mut missing))));
                }
            }
            Some(looked) = looking.next() => {
                for (number, found, rest) in &looked {
                    note_late(state, *number, *found, rest);
                }
                let rest = looked.into_iter().map(|(number, _, rest)| (number, rest));
                missing.extend(rest.filter(|(_, rest)| !rest.is_over()));
            }
        }
    }
}

/// One round, which ends in any case.
async fn one(
    args: &CanaryArgs,
    known: &Known,
    (number, known_trace): (u64, Option<u128>),
    counted: oneshot::Sender<()>,
) -> Ended {
    let began = unix_seconds();
    let deadline = args.rounds.deadline;
    let own = with_wait(args, known, number).await;
    // A question to a source that has gone is repeated for so long, before the load has ended and after the deadline.
    let repeated = 2 * own.run.wait.unwrap_or(USUAL_WAIT);
    let rules = rule_wait(known.needed.get().rules);
    let longest = args.rounds.every + deadline + repeated + rules + QUESTIONS;
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
/// intervals are enough, or what `--every` leaves where no target is known even in the second round. They are asked for until they are known, and again where Prometheus did not have enough within them.
async fn with_wait(args: &CanaryArgs, known: &Known, number: u64) -> VerifyArgs {
    let mut own = args.verify.clone();
    let is_unknown = known.needed.get().interval.is_zero() || known.is_stale.get();
    if is_unknown && own.prometheus.is_some() {
        let needed = verify::needed(&own).await;
        let is_other = needed != known.needed.get();
        if !needed.interval.is_zero() && is_other {
            known.needed.set(needed);
            if let Some(reason) = args.rounds.is_too_short_for(&needed) {
                tracing::warn!("{reason}");
            }
        }
    }
    let Needed {
        duration,
        delay,
        interval,
        ..
    } = known.needed.get();
    if !interval.is_zero() {
        let wait = needed_wait(interval.as_secs_f64());
        own.run.wait.get_or_insert(wait);
    } else if number > 1 {
        // Before the load, and after it.
        let left = args.rounds.every.saturating_sub(duration + delay) / 2;
        own.run.wait.get_or_insert(left.min(USUAL_WAIT));
    }
    own
}

/// Forgets what older rounds than the last ones were missing: it is lost.
fn forget<T>(missing: &mut Vec<(u64, T)>, newest: u64) {
    missing.retain(|(number, _)| newest.saturating_sub(*number) <= KEPT as u64);
}

/// Asks again for what rounds were missing: what it shows of each, and the rest. Once a store does not answer for one, it is
/// not asked for the others; that one is the last to be asked for the next time.
async fn look_again(all: Vec<Kept>) -> Vec<(u64, Looked, Missing)> {
    let (mut looked, mut unanswered) = (Vec::new(), Vec::new());
    for (number, mut missing) in all {
        let is_same = |(_, _, other): &(u64, Looked, Missing)| other.stage() == missing.stage();
        if unanswered.iter().any(is_same) {
            looked.push((number, Looked::default(), missing));
            continue;
        }
        match missing.find().await {
            Some(found) => looked.push((number, found, missing)),
            None => unanswered.push((number, Looked::default(), missing)),
        }
    }
    looked.extend(unanswered);
    looked
}

fn report(state: &State, number: u64, began: f64, round: &Round) {
    let changes = state.add(number, began, round, unix_seconds());
    for Change {
        hop,
        is_good,
        verdict,
        reason,
    } in changes
    {
        if is_good {
            tracing::info!(round = number, hop, verdict, reason, "right again");
        } else {
            tracing::warn!(round = number, hop, verdict, reason, "not right");
        }
    }
}

fn note_late(state: &State, number: u64, looked: Looked, rest: &Missing) {
    if looked == Looked::default() {
        return;
    }
    state.add_late(number, looked, rest);
    let Looked { expected, found } = looked;
    let place = rest.stage().as_str();
    if expected > 0 {
        tracing::info!(
            round = number,
            stage = place,
            expected,
            found,
            "could be asked for after an outage"
        );
    } else {
        tracing::info!(
            round = number,
            stage = place,
            requests = found,
            "found late: not lost"
        );
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_is_forgotten_with_its_round_whatever_else_is_missing() {
        let kept = KEPT as u64;
        let mut missing: Vec<_> = (1..=kept).flat_map(|of| [(of, "a"), (of, "b")]).collect();
        forget(&mut missing, kept + 1);
        assert_eq!(missing.len(), 2 * KEPT);
        forget(&mut missing, kept + 3);
        assert_eq!(missing[0], (3, "a"));
        forget(&mut missing, 100 * kept);
        assert_eq!(missing, []);
    }
}

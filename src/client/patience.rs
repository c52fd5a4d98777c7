//! How long a client asks again: where a server is overloaded, limits the rate, or cannot be reached for a moment.

use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use http::header::RETRY_AFTER;

use super::{answer::Answer, failure::Failure};
use crate::output::{is_quiet, print_error};

/// How long a question is repeated, unless more is allowed.
const SHORT: Duration = Duration::from_secs(10);
/// Pauses between attempts, where the server names none: doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A shorter pause is not mentioned, and no second one soon after it.
const MENTIONED: Duration = Duration::from_secs(1);
const MENTION_INTERVAL: Duration = Duration::from_secs(10);

/// How long the questions to one server are repeated. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Patience {
    longer: Arc<OnceLock<Duration>>,
    /// When a pause was mentioned last.
    mentioned: Arc<Mutex<Option<Instant>>>,
}

impl Patience {
    /// From now on a question is repeated this long, also where the server cannot be reached.
    pub fn extend(&self, longest: Duration) {
        let _ = self.longer.set(longest); // the first one counts
    }

    /// Asks until there is an answer that another attempt would not improve, or the time is over.
    pub(super) async fn ask(
        &self,
        name: &str,
        attempt: impl AsyncFn() -> Result<Answer, Failure>,
    ) -> Result<Answer, Failure> {
        let begun = Instant::now();
        let mut backoff = FIRST_PAUSE;
        loop {
            let outcome = attempt().await;
            let reason = match &outcome {
                Ok(answer) if is_temporary(answer.status) => format!("status {}", answer.status),
                Err(failure) if self.longer.get().is_some() && failure.is_outage() => {
                    failure.to_string()
                }
                _ => return outcome,
            };
            let named = outcome.as_ref().ok().and_then(pause);
            let pause = named.unwrap_or(backoff).max(FIRST_PAUSE);
            if begun.elapsed() + pause > *self.longer.get().unwrap_or(&SHORT) {
                return outcome;
            }
            if pause >= MENTIONED && !is_quiet() && self.is_news() {
                let by = named.map_or("", |_| " (Retry-After)");
                print_error(format_args!(
                    "waiting for {name}: {reason}; asking again in {pause:.0?}{by}"
                ));
            }
            tokio::time::sleep(pause).await;
            backoff = (2 * backoff).min(LONGEST_PAUSE);
        }
    }

    fn is_news(&self) -> bool {
        let mut last = self
            .mentioned
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_news = last.is_none_or(|last| last.elapsed() >= MENTION_INTERVAL);
        if is_news {
            *last = Some(Instant::now());
        }
        is_news
    }
}

/// Whether another attempt may succeed.
fn is_temporary(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

/// The pause that the server asks for: in seconds, or until a date of its own clock.
fn pause(answer: &Answer) -> Option<Duration> {
    let text = answer.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let now = answer.date().unwrap_or_else(SystemTime::now);
    let pause = answer.date_in(RETRY_AFTER)?.duration_since(now);
    Some(pause.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(headers: &[(&'static str, &str)]) -> Option<Duration> {
        let headers = headers.iter().map(|(name, value)| {
            let name = http::HeaderName::from_static(name);
            (name, value.parse().unwrap())
        });
        pause(&Answer {
            headers: headers.collect(),
            ..answer(429)
        })
    }

    #[test]
    fn a_pause_is_given_in_seconds_or_as_a_date_of_the_server_s_own_clock() {
        let seconds = |n| Some(Duration::from_secs(n));
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(after(&[("retry-after", " 7 ")]), seconds(7));
        for (until, expected) in [
            ("Sun, 06 Nov 1994 08:49:40 GMT", seconds(3)),
            ("Sunday, 06-Nov-94 08:49:41 GMT", seconds(4)),
            ("Sun Nov  6 08:49:42 1994", seconds(5)),
            ("Sun, 06 Nov 1994 08:49:30 GMT", seconds(0)),
            ("soon", None),
            ("-1", None),
        ] {
            assert_eq!(after(&[("retry-after", until), date]), expected, "{until}");
        }
        assert_eq!(after(&[("retry-after", date.1)]), seconds(0));
        assert_eq!(after(&[date]), None);
    }

    fn answer(status: u16) -> Answer {
        Answer {
            status,
            headers: http::HeaderMap::new(),
            body: Vec::new(),
        }
    }

    /// The last outcome, and how often was asked.
    async fn ask(
        patience: &Patience,
        outcome: impl Fn(usize) -> Result<Answer, Failure>,
    ) -> (Result<u16, Failure>, usize) {
        let count = std::cell::Cell::new(0);
        let last = patience.ask("a server", async || {
            count.set(count.get() + 1);
            outcome(count.get())
        });
        let last = last.await.map(|answer| answer.status);
        (last, count.get())
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_pass_is_asked_again_and_nothing_else() {
        let patience = Patience::default();
        for status in [200, 400, 401, 404, 422, 501] {
            let (last, count) = ask(&patience, |_| Ok(answer(status))).await;
            assert_eq!((last, count), (Ok(status), 1));
        }
        for status in [429, 500, 503] {
            let third = |count| Ok(answer(if count < 3 { status } else { 200 }));
            assert_eq!(ask(&patience, third).await, (Ok(200), 3));
        }
        let reset = |count| match count {
            1 => Err(Failure::Reset),
            _ => Ok(answer(200)),
        };
        assert_eq!(ask(&patience, reset).await, (Err(Failure::Reset), 1));
        patience.extend(SHORT);
        assert_eq!(ask(&patience, reset).await, (Ok(200), 2));
    }
}

//! How long a client may be silent: one timer a connection, which is set anew only when it fires too early. hyper's own timer
//! is set anew by each request.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

/// Ready once nothing has interrupted the silence for the timeout.
pub struct QuietTimer {
    timeout: Duration,
    /// Since when the server waits for its client.
    since: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl QuietTimer {
    pub fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            since: None,
            sleep: None,
        }
    }

    /// The server does not wait for its client: a request is in flight, or its answer is being sent.
    pub fn interrupt(&mut self) {
        self.since = None;
    }

    /// Called while the server waits for its client; the first call begins the silence.
    pub fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let since = *self.since.get_or_insert_with(Instant::now);
        // A deadline that cannot be represented never comes.
        let Some(deadline) = since.checked_add(self.timeout) else {
            return Poll::Pending;
        };
        let sleep = self
            .sleep
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        while sleep.as_mut().poll(context).is_ready() {
            if sleep.deadline() >= deadline {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::time::{advance, timeout};

    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(30);

    /// Waits for at most `limit`; whether the timer fired.
    async fn fires(timer: &mut QuietTimer, limit: Duration) -> bool {
        let fired = poll_fn(|context| timer.poll(context));
        timeout(limit, fired).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn it_fires_after_the_timeout_of_silence_and_not_before() {
        let mut timer = QuietTimer::new(TIMEOUT);
        assert!(!fires(&mut timer, TIMEOUT - Duration::from_millis(2)).await);
        assert!(fires(&mut timer, Duration::from_millis(5)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn each_interruption_begins_the_silence_anew() {
        let mut timer = QuietTimer::new(TIMEOUT);
        for _ in 0..10 {
            assert!(!fires(&mut timer, TIMEOUT / 2).await);
            timer.interrupt();
            advance(TIMEOUT).await; // a slow answer
        }
        assert!(!fires(&mut timer, TIMEOUT - Duration::from_millis(2)).await);
        assert!(fires(&mut timer, Duration::from_millis(5)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_beyond_all_time_never_fires() {
        let mut timer = QuietTimer::new(Duration::MAX);
        assert!(!fires(&mut timer, Duration::from_secs(1 << 30)).await);
    }
}

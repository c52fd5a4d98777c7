//! How long a client may be silent: one timer a connection, which is set anew only when it fires too early. hyper's own timer
//! is set anew by each request.

use std::{
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    task::unconstrained,
    time::{Instant, Sleep, sleep_until},
};

/// Ready once a client was silent for the timeout.
pub struct QuietTimer {
    timeout: Duration,
    /// From when the silence is counted.
    since: Instant,
    sleep: Option<Pin<Box<Sleep>>>,
    /// Whether `sleep` will wake the connection's task, which is always the same.
    is_registered: bool,
}

impl QuietTimer {
    /// Counts the silence from now.
    pub fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            since: Instant::now(),
            sleep: None,
            is_registered: false,
        }
    }

    /// Counts the silence from now.
    pub fn restart(&mut self) {
        self.since = Instant::now();
    }

    /// Called where nothing can be read, or nothing more can be written. While the client waits for the server, no time
    /// counts.
    pub fn poll(&mut self, context: &mut Context<'_>, client_waits: bool) -> Poll<()> {
        // A deadline that cannot be represented never comes.
        let Some(mut deadline) = self.since.checked_add(self.timeout) else {
            return Poll::Pending;
        };
        let sleep = self
            .sleep
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if self.is_registered && !sleep.is_elapsed() {
            return Poll::Pending;
        }
        // With the task's budget used up, tokio would not register it.
        while pin!(unconstrained(sleep.as_mut())).poll(context).is_ready() {
            if client_waits {
                self.since = Instant::now();
                deadline = self.since + self.timeout;
            } else if sleep.deadline() >= deadline {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
        self.is_registered = true;
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::time::{advance, timeout};

    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(30);
    const ALMOST: Duration = Duration::from_millis(29_998);
    const REST: Duration = Duration::from_millis(4);

    /// Waits for at most `limit`; whether the timer fired.
    async fn fires(timer: &mut QuietTimer, limit: Duration, client_waits: bool) -> bool {
        let fired = poll_fn(|context| timer.poll(context, client_waits));
        timeout(limit, fired).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn it_fires_after_the_timeout_of_silence_and_not_before() {
        let mut timer = QuietTimer::new(TIMEOUT);
        assert!(!fires(&mut timer, ALMOST, false).await);
        assert!(fires(&mut timer, REST, false).await);
    }

    #[tokio::test(start_paused = true)]
    async fn each_answer_begins_the_silence_anew() {
        let mut timer = QuietTimer::new(TIMEOUT);
        for _ in 0..10 {
            assert!(!fires(&mut timer, TIMEOUT / 2, false).await);
            advance(TIMEOUT).await; // a slow answer, without checking the timer
            timer.restart();
        }
        assert!(!fires(&mut timer, ALMOST, false).await);
        assert!(fires(&mut timer, REST, false).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_waits_is_not_silent() {
        let mut timer = QuietTimer::new(TIMEOUT);
        assert!(!fires(&mut timer, TIMEOUT * 10, true).await);
        timer.restart();
        assert!(!fires(&mut timer, ALMOST, false).await);
        assert!(fires(&mut timer, REST, false).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_beyond_all_time_never_fires() {
        let mut timer = QuietTimer::new(Duration::MAX);
        assert!(!fires(&mut timer, Duration::from_secs(1 << 30), false).await);
    }
}

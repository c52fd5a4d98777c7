//! When rounds begin: at a fixed interval, without catching up, and not while the load of another one is counted.

use std::time::Duration;

use tokio::{
    sync::oneshot,
    time::{Instant, sleep_until},
};

/// The beginnings of rounds.
#[derive(Debug)]
pub struct Schedule {
    every: Duration,
    next: Instant,
    /// Ends when the counts of the last round are complete, or that round is dropped.
    counting: Option<oneshot::Receiver<()>>,
    /// How many beginnings passed while the last round was counted.
    pub missed: u64,
}

impl Schedule {
    pub fn new(every: Duration) -> Self {
        Self {
            every,
            next: Instant::now(),
            counting: None,
            missed: 0,
        }
    }

    /// Waits until the next round may begin. Can be dropped and called again.
    pub async fn next(&mut self) {
        sleep_until(self.next).await;
        if let Some(counting) = &mut self.counting {
            let _ = counting.await; // the sender is dropped, or used: both are the end
            self.counting = None;
        }
    }

    /// Notes that a round begins; send or drop what is returned when its counts are complete.
    pub fn begin(&mut self) -> oneshot::Sender<()> {
        let (counted, counting) = oneshot::channel();
        self.counting = Some(counting);
        self.next += self.every;
        while self.next <= Instant::now() {
            self.next += self.every;
            self.missed += 1;
        }
        counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn rounds_begin_at_a_fixed_interval_however_long_they_take_to_count() {
        let begun = Instant::now();
        let mut schedule = Schedule::new(Duration::from_mins(1));
        let mut at = Vec::new();
        for counting_seconds in [20, 50, 150, 0] {
            schedule.next().await;
            at.push(begun.elapsed().as_secs());
            let counted = schedule.begin();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(counting_seconds)).await;
                drop(counted);
            });
        }
        assert_eq!(at, [0, 60, 120, 270]);
        schedule.next().await;
        // Two beginnings were missed; the others are where they always were.
        assert_eq!((begun.elapsed().as_secs(), schedule.missed), (300, 1));
    }
}

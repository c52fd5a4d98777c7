//! When to ask for everything while a small question is asked once a second.

use std::time::{Duration, Instant};

/// Everything is asked for as soon as the small answer says that it may be there, and then ever more rarely.
pub struct Pace {
    begun: Instant,
    next: Duration,
    was_likely: bool,
}

impl Pace {
    pub fn begin() -> Self {
        Self {
            begun: Instant::now(),
            next: Duration::from_secs(10),
            was_likely: false,
        }
    }

    /// Whether to ask now.
    pub fn is_due(&mut self, is_likely: bool) -> bool {
        let elapsed = self.begun.elapsed();
        let is_new = is_likely && !self.was_likely;
        let is_due = is_new || elapsed >= self.next;
        if is_due {
            let factor = if is_likely { 1.5 } else { 2.0 };
            self.next = elapsed.mul_f64(factor) + Duration::from_secs(1);
        }
        self.was_likely = is_likely;
        is_due
    }
}

//! A progress bar on a terminal while a run lasts.

use std::{
    io::{IsTerminal, stderr},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Plan;

pub struct Progress(Option<ProgressBar>);

impl Progress {
    pub fn start(plan: &Plan) -> Self {
        Self(stderr().is_terminal().then(|| bar(plan)))
    }

    /// One request has ended.
    pub fn tick(&self) {
        if let Some(bar) = &self.0 {
            bar.inc(1);
        }
    }

    pub fn end(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

fn bar(plan: &Plan) -> ProgressBar {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rough length for a bar"
    )]
    let expected = plan
        .duration
        .map(|duration| (duration.as_secs_f64() * plan.rate) as u64);
    let bar = ProgressBar::with_draw_target(expected, ProgressDrawTarget::stderr_with_hz(5));
    let template = match expected {
        Some(_) => "{elapsed} {wide_bar} {pos}/{len} answered, {per_sec}",
        None => "{elapsed} {spinner} {pos} answered, {per_sec}; Ctrl-C ends and reports",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

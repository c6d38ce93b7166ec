//! How far an exploration is: a bar where there is a terminal, else a line from time to time.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::super::output::note;
use super::per_minute;
use crate::explore::Tally;

/// How often a line is printed where there is no terminal.
const LINES: Duration = Duration::from_secs(10);

pub(super) struct Progress {
    bar: ProgressBar,
    cases: u64,
    began: Instant,
    told: Duration,
}

impl Progress {
    /// Of so many cases, the first of which began at `began`.
    pub(super) fn of(cases: u64, began: Instant) -> Self {
        let bar = ProgressBar::new(cases);
        // The template is fixed; a mistake in it would leave the plain bar.
        if let Ok(style) = ProgressStyle::with_template("{pos:>7}/{len} {bar:30} {wide_msg}") {
            bar.set_style(style);
        }
        Self {
            bar,
            cases,
            began,
            told: Duration::ZERO,
        }
    }

    pub(super) fn tell(&mut self, tally: &Tally) {
        let elapsed = self.began.elapsed();
        let broken: u64 = tally.violations.values().map(|broken| broken.cases).sum();
        let rate = per_minute(tally.cases, elapsed);
        let message = format!("{rate} a minute, violations: {broken}");
        if !self.bar.is_hidden() {
            self.bar.set_message(message);
            self.bar.set_position(tally.cases);
        } else if elapsed >= self.told + LINES {
            self.told = elapsed;
            note(&format!(
                "{} of {} cases, {message}\n",
                tally.cases, self.cases
            ));
        }
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

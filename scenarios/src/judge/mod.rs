//! The judge: what was recorded against what was expected. Pure: the same recording gives the same report.

mod bounds;
mod checks;
#[cfg(test)]
mod crooked;
mod faults;
mod finding;
mod invariants;
mod observations;
pub(crate) mod payload;
mod report;
mod timeline;
mod unfired;

use std::time::Duration;

pub use checks::normalized;
pub use finding::{Finding, Grade};
pub use payload::is_judged_on_every_payload;
pub use report::{excused, judge};
pub(crate) use report::{expected_rules, is_judged_by_the_end};
pub use timeline::{render, timeline};

pub(crate) use finding::{Outcome, Survey};

/// A recording in which nothing happened, for tests of what comes after the judge.
#[cfg(test)]
pub(crate) fn empty_recording() -> crate::run::Recording {
    crooked::recording(Vec::new())
}

/// A time as every report writes it: `15.000s`.
pub(crate) fn seconds(time: Duration) -> String {
    let millis = (time.as_micros() + 500) / 1000;
    format!("{}.{:03}s", millis / 1000, millis % 1000)
}

//! What holds in every run of the reference SDK: each a function of the recording, whatever the scenario was.
//!
//! They claim only what must be so. Where an answer and a deadline fall on the same moment, or an answer may be taken in
//! two ways, both are right: [`certainty`] says what the client must have seen.

mod accounts;
mod asked_waits;
mod bounds;
mod certainty;
mod deadlines;
mod exports;
mod final_answers;
mod limits;
mod nothing_left;
mod one_at_a_time;
#[cfg(test)]
mod tests;
mod windows;

pub(super) use self::certainty::is_seen_late;
use self::exports::exports;
use super::faults::in_order;
use super::{Grade, Outcome, Survey};
use crate::run::Recording;
use crate::scenario::check::Invariant;

/// What one invariant says about `recording`.
pub(super) fn judge(invariant: Invariant, recording: &Recording) -> Outcome {
    match invariant {
        Invariant::Accounts => accounts::judge(recording),
        Invariant::Deadlines => deadlines::judge(&in_order(recording)),
        Invariant::OneAtATime => one_at_a_time::judge(&in_order(recording)),
        Invariant::FinalAnswers => final_answers::judge(&in_order(recording)),
        Invariant::AskedWaits => asked_waits::judge(&in_order(recording)),
        Invariant::Windows => windows::judge(recording),
        Invariant::Bounds => bounds::judge(recording),
        Invariant::NothingLeft => nothing_left::judge(recording),
    }
}

/// The survey as an outcome; where nothing was looked at, nothing is said.
fn outcome(survey: Survey, expected: &str) -> Outcome {
    match survey.finding() {
        None => Outcome::nothing(expected, "nothing to look at"),
        Some(finding) => Outcome {
            grade: finding.grade,
            expected: finding.expected,
            actual: finding.actual,
        },
    }
}

/// For a SUT that does not tell what an invariant needs.
fn untold(expected: &str) -> Outcome {
    Outcome {
        grade: Grade::NotApplicable,
        expected: expected.to_owned(),
        actual: "the SDK's own counters are not known".to_owned(),
    }
}

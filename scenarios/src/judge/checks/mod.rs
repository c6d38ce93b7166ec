//! One function per check of an expectation. Each returns whether what was recorded is what was wanted.

mod accounts;
mod attempts;
mod calls;
mod conditions;
mod connections;
mod exports;
mod gaps;
mod items;
mod ledger;
mod log;
mod memory;
mod payload;
mod program;
mod recorded;
mod requests;
mod streams;
#[cfg(test)]
mod tests;
mod windows;

pub use payload::normalized;

pub(super) use program::of_the_wire;

pub(super) use accounts::entries as ledger_entries;
pub(super) use attempts::times;
pub(super) use exports::never_overlap;
pub(super) use gaps::fixed_schedule;
pub(super) use items::account as item_account;
pub(super) use ledger::{item_instruments, totals, totals_of};
pub(super) use recorded::{added, recorded_until};
pub(super) use streams::has_attributes;

use super::{Finding, Grade, Outcome};
use crate::{
    run::Recording,
    scenario::{
        Check, Expectation, Step,
        check::{AttemptsCheck, SpanCheck},
    },
};

/// The rule that a step's `expect` judges where the step names none.
const STEP_RULE: &str = "OBX-STP-001";

/// What the expectations of the cell, and the `expect` of its steps, say about `recording`.
pub(crate) fn expectations(recording: &Recording) -> Vec<Finding> {
    let steps = recording.steps.iter().filter_map(|record| {
        let (Step::Export(call) | Step::ForceFlush(call) | Step::Shutdown(call)) =
            recording.cell.steps.get(record.index)?
        else {
            return None;
        };
        let outcome = calls::step(call, record, recording)?;
        Some(outcome.under(call.rule.clone().unwrap_or_else(|| STEP_RULE.into())))
    });
    recording
        .cell
        .expect
        .iter()
        .map(|expectation| expectation_of(expectation, recording))
        .chain(steps)
        .collect()
}

/// What is broken for certain by a call that has not returned: upper bounds on the call itself, and on how long a first
/// attempt lasts. Nothing else can be said of a recording that ends in the middle.
pub(super) fn overdue(recording: &Recording, call: &str) -> Vec<Finding> {
    let of_attempts = |expectation: &Expectation| {
        let check = expectation.attempts.as_ref()?;
        let bound = AttemptsCheck {
            export: check.export,
            first_lasts: Some(SpanCheck {
                at_least: None,
                at_most: Some(check.first_lasts?.at_most?),
            }),
            ..AttemptsCheck::default()
        };
        Some(attempts::judge(&bound, recording))
    };
    let of_calls = |expectation: &Expectation| {
        let check = expectation.call.as_ref()?;
        Some(vec![calls::overdue(check, call, recording)?])
    };
    let expectations = recording.cell.expect.iter();
    expectations
        .filter(|expectation| conditions::unmet(expectation, recording).is_none())
        .flat_map(|expectation| {
            let outcomes = [of_attempts(expectation), of_calls(expectation)];
            let broken = outcomes.into_iter().flatten().flatten();
            broken
                .filter(|outcome| outcome.grade == Grade::Failed)
                .map(|outcome| outcome.under(expectation.rule.clone()))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn expectation_of(expectation: &Expectation, recording: &Recording) -> Finding {
    if let Some(outcome) = conditions::unmet(expectation, recording) {
        return outcome.under(expectation.rule.clone());
    }
    let outcomes: Vec<Outcome> = expectation
        .checks()
        .into_iter()
        .flat_map(|check| judge(check, recording))
        .collect();
    all(&outcomes).under(expectation.rule.clone())
}

fn judge(check: Check<'_>, recording: &Recording) -> Vec<Outcome> {
    match check {
        Check::Retried(wanted) => vec![attempts::retried(wanted, recording)],
        Check::Attempts(check) => attempts::judge(check, recording),
        Check::Gaps(check) => gaps::judge(check, recording),
        Check::Exports(check) => exports::judge(check, recording),
        Check::Ledger(check) => ledger::judge(check, recording),
        Check::Streams(checks) => checks
            .iter()
            .flat_map(|check| streams::judge(check, recording))
            .collect(),
        Check::Total(check) => vec![ledger::total(check, recording)],
        Check::Windows(check) => windows::judge(check, recording),
        Check::Payload(check) => vec![payload::judge(check, recording)],
        Check::Call(check) => calls::judge(check, recording),
        Check::Results(wanted) => vec![calls::results(wanted, recording)],
        Check::Request(check) => requests::judge(check, recording),
        Check::Headers(check) => requests::headers(check, recording),
        Check::Log(check) => vec![log::judge(check, recording)],
        Check::Connections(check) => connections::judge(check, recording),
        Check::Memory(check) => vec![memory::judge(*check, recording)],
        Check::Program(check) => program::judge(*check, recording),
        Check::Holds(invariant) => vec![super::invariants::judge(invariant, recording)],
    }
}

/// One outcome of several that all have to hold: what failed, else what could not be judged, else all of it.
fn all(outcomes: &[Outcome]) -> Outcome {
    let Some(grade) = outcomes.iter().map(|outcome| outcome.grade).max() else {
        return Outcome::nothing("a check", "the expectation has no check");
    };
    let of_grade = |grade| {
        outcomes
            .iter()
            .filter(move |outcome| outcome.grade == grade)
    };
    let join = |texts: Vec<&str>| texts.join("; ");
    let told = of_grade(grade);
    Outcome {
        grade,
        expected: join(match grade {
            Grade::Passed | Grade::Inconclusive | Grade::NotApplicable => outcomes
                .iter()
                .map(|outcome| outcome.expected.as_str())
                .collect(),
            Grade::Failed => told
                .clone()
                .map(|outcome| outcome.expected.as_str())
                .collect(),
        }),
        actual: join(told.map(|outcome| outcome.actual.as_str()).collect()),
    }
}

/// `1 attempt`, `2 attempts`.
fn counted(count: u64, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

/// Judges a number against `count`, `at_least` and `at_most`.
fn amount(
    noun: &str,
    actual: u64,
    count: Option<u64>,
    at_least: Option<u64>,
    at_most: Option<u64>,
) -> Vec<Outcome> {
    let seen = counted(actual, noun);
    [
        count.map(|wanted| Outcome::of(actual == wanted, counted(wanted, noun), seen.clone())),
        at_least.map(|wanted| {
            Outcome::of(
                actual >= wanted,
                format!("at least {}", counted(wanted, noun)),
                seen.clone(),
            )
        }),
        at_most.map(|wanted| {
            Outcome::of(
                actual <= wanted,
                format!("at most {}", counted(wanted, noun)),
                seen.clone(),
            )
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

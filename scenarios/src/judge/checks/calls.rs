//! Calls of `emit`, `force_flush` and `shutdown`.

use crate::judge::bounds;
use crate::{
    driver::Capability,
    judge::{Outcome, seconds},
    run::{Recording, StepRecord},
    scenario::{
        Call, CallResult, ExpectedResult, Signal, Step,
        check::{CallCheck, CallName},
    },
};

/// Why nothing can be asked of the result of a call; none where its API tells it.
fn untold(record: &StepRecord) -> Option<&'static str> {
    (record.result() == Some(CallResult::Untold)).then_some("the API of the call does not tell")
}

/// `ok after 0.013s`, with what the SUT said.
fn said(record: &StepRecord) -> String {
    let Some(outcome) = &record.outcome else {
        return format!(
            "over after {}",
            seconds(record.ended_at.saturating_sub(record.at))
        );
    };
    let word = outcome.result.name();
    match &outcome.message {
        Some(message) => format!("{word} after {} ({message})", seconds(outcome.elapsed)),
        None => format!("{word} after {}", seconds(outcome.elapsed)),
    }
}

/// Why nothing can be asked of the time limit of a call; none where the SUT has it.
fn limitless(record: &StepRecord, recording: &Recording) -> Option<String> {
    let capability = match recording.cell.steps.get(record.index)? {
        Step::ForceFlush(call) if call.timeout.is_some() => Capability::FlushTimeout,
        Step::Shutdown(call) if call.timeout.is_some() => Capability::ShutdownTimeout,
        _ => return None,
    };
    let of_metrics = capability == Capability::ShutdownTimeout
        && recording.cell.id.signal == Signal::Metrics
        && recording
            .capabilities
            .contains(&Capability::MetricsShutdownTimeout);
    (!of_metrics && !recording.capabilities.contains(&capability))
        .then(|| format!("{} cannot do: {capability}", recording.sut))
}

/// The `expect` of a step; none where it allows anything.
pub(super) fn step(call: &Call, record: &StepRecord, recording: &Recording) -> Option<Outcome> {
    let expected = match call.expect {
        ExpectedResult::Any => return None,
        ExpectedResult::Ok => "ok",
        ExpectedResult::Failed => "failed",
        ExpectedResult::Timeout => "timeout",
        ExpectedResult::AlreadyShutDown => "already_shut_down",
    };
    if call.expect == ExpectedResult::Timeout
        && let Some(reason) = limitless(record, recording)
    {
        return Some(Outcome::not_applicable("the call returns timeout", reason));
    }
    if let Some(reason) = untold(record) {
        return Some(Outcome::not_applicable(
            format!("the call returns {expected}"),
            reason,
        ));
    }
    let holds = record
        .result()
        .is_some_and(|result| call.expect.allows(result));
    Some(Outcome::of(
        holds,
        format!("the call returns {expected}"),
        said(record),
    ))
}

fn name_of(call: CallName) -> &'static str {
    match call {
        CallName::Emit => "emit",
        CallName::Export => "export",
        CallName::ForceFlush => "force_flush",
        CallName::Shutdown => "shutdown",
    }
}

fn calls(recording: &Recording) -> impl Iterator<Item = (CallName, &StepRecord)> {
    recording
        .steps
        .iter()
        .filter_map(|record| match recording.cell.steps.get(record.index)? {
            Step::Emit(_) => Some((CallName::Emit, record)),
            Step::Export(_) => Some((CallName::Export, record)),
            Step::ForceFlush(_) => Some((CallName::ForceFlush, record)),
            Step::Shutdown(_) => Some((CallName::Shutdown, record)),
            _ => None,
        })
}

/// What a bound on the time of a call comes to that has not returned; none where the bound is on another one.
pub(super) fn overdue(check: &CallCheck, call: &str, recording: &Recording) -> Option<Outcome> {
    let name = name_of(check.step);
    let returned = calls(recording).filter(|(called, _)| *called == check.step);
    let is_this_one = name == call && returned.count() as u64 + 1 == check.nth;
    let wanted = check.elapsed_at_most.filter(|_| is_this_one)?;
    Some(Outcome::of(
        false,
        format!("{name} takes at most {wanted}"),
        "it did not return",
    ))
}

pub(super) fn judge(check: &CallCheck, recording: &Recording) -> Vec<Outcome> {
    let name = name_of(check.step);
    let index = usize::try_from(check.nth.saturating_sub(1)).unwrap_or(usize::MAX);
    let called = calls(recording)
        .filter(|(called, _)| *called == check.step)
        .nth(index);
    let Some((_, record)) = called else {
        return vec![Outcome::nothing(
            format!("{name} number {}", check.nth),
            "no such call",
        )];
    };
    let elapsed = record
        .outcome
        .as_ref()
        .map_or(record.ended_at.saturating_sub(record.at), |outcome| {
            outcome.elapsed
        });
    let limitless = limitless(record, recording);
    let limited = |wanted: CallResult| wanted == CallResult::Timeout;
    [
        check.result.map(|wanted| {
            let expected = format!("{name} returns {}", wanted.name());
            match (&limitless, untold(record)) {
                (Some(reason), _) if limited(wanted) => Outcome::not_applicable(expected, reason),
                (_, Some(reason)) => Outcome::not_applicable(expected, reason),
                (_, None) => Outcome::of(record.result() == Some(wanted), expected, said(record)),
            }
        }),
        check.is_error.then(|| {
            let expected = format!("{name} returns an error");
            match untold(record) {
                Some(reason) => Outcome::not_applicable(expected, reason),
                None => Outcome::of(
                    matches!(
                        record.result(),
                        Some(CallResult::Failed | CallResult::Timeout)
                    ),
                    expected,
                    said(record),
                ),
            }
        }),
        check.elapsed_at_least.map(|wanted| {
            Outcome::of(
                elapsed + bounds::TICK >= wanted.get(),
                format!("{name} takes at least {wanted}"),
                said(record),
            )
        }),
        check.elapsed_at_most.map(|wanted| {
            if let Some(reason) = &limitless {
                return Outcome::not_applicable(format!("{name} takes at most {wanted}"), reason);
            }
            bounds::outcome(
                [bounds::grade(elapsed, wanted.get(), recording)],
                format!("{name} takes at most {wanted}"),
                said(record),
                recording,
            )
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub(super) fn results(wanted: &[CallResult], recording: &Recording) -> Outcome {
    let join = |results: Vec<&str>| {
        if results.is_empty() {
            "none".to_owned()
        } else {
            results.join(", ")
        }
    };
    let actual: Vec<Option<CallResult>> = calls(recording)
        .filter(|(name, _)| !matches!(name, CallName::Emit | CallName::Export))
        .map(|(_, record)| record.result())
        .collect();
    let is_told = |actual: &Option<CallResult>| *actual != Some(CallResult::Untold);
    let holds = actual.len() == wanted.len()
        && actual
            .iter()
            .zip(wanted)
            .all(|(actual, wanted)| !is_told(actual) || *actual == Some(*wanted));
    let expected = format!(
        "results {}",
        join(wanted.iter().copied().map(CallResult::name).collect())
    );
    if holds && !actual.iter().all(is_told) {
        return Outcome::not_applicable(expected, "the API of a call does not tell");
    }
    Outcome::of(
        holds,
        expected,
        format!(
            "results {}",
            join(
                actual
                    .iter()
                    .map(|result| result.map_or("none", CallResult::name))
                    .collect()
            )
        ),
    )
}

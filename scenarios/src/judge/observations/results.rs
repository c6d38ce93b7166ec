//! What the user is told: by the log, by the results of calls, and by how long they take.

use std::time::Duration;

use super::{
    Fact,
    delivery::{calls, is_delivered},
    fact,
};
use crate::{
    judge::seconds,
    run::{End, Recording},
    scenario::{CallResult, check::LogLevel},
    verdict::Subject,
};

/// Words that tell of trouble in a line whose level nobody named. Many a program writes its errors to standard error
/// without a level, and such lines count as INFO.
const TROUBLE: [&str; 16] = [
    "abort",
    "cannot",
    "could not",
    "deadline",
    "discard",
    "drop",
    "error",
    "exceeded",
    "exception",
    "fail",
    "lost",
    "reject",
    "timed out",
    "timeout",
    "unable",
    "unavailable",
];

/// How the user was told of trouble from `moment` on: by a line at WARN or above, by one of no level that speaks of
/// trouble, by a call that returned a failure. Empty where nothing was told.
pub(super) fn told_since(recording: &Recording, moment: Duration) -> Vec<String> {
    told_within(recording, moment, Duration::MAX)
}

/// The same, up to another moment.
pub(super) fn told_within(recording: &Recording, from: Duration, to: Duration) -> Vec<String> {
    let lines = || {
        let lines = recording.log.iter();
        lines.filter(|line| (from..to).contains(&line.at))
    };
    let has = |level| lines().any(|line| line.level == level);
    let mut told = Vec::new();
    if has(LogLevel::Error) {
        told.push("log at ERROR".to_owned());
    }
    if has(LogLevel::Warn) {
        told.push("log at WARN".to_owned());
    }
    let speaks_of_trouble = |text: &str| {
        let text = text.to_lowercase();
        TROUBLE.iter().any(|word| text.contains(word))
    };
    if told.is_empty()
        && lines().any(|line| line.level == LogLevel::Info && speaks_of_trouble(&line.text))
    {
        told.push("log without a level".to_owned());
    }
    for called in calls(recording).filter(|called| (from..to).contains(&called.record.ended_at)) {
        if let Some(result @ (CallResult::Failed | CallResult::Timeout)) = called.record.result() {
            let words = format!("{} returned {}", called.name, result.name());
            if !told.contains(&words) {
                told.push(words);
            }
        }
    }
    told
}

/// What calls returned, how long shutdowns took, and how the user was told of exports that were given up.
pub(super) fn of(recording: &Recording) -> Vec<Fact> {
    let mut facts: Vec<Fact> = told(recording).into_iter().collect();
    for called in calls(recording) {
        let Some(outcome) = &called.record.outcome else {
            continue;
        };
        let subject = match called.name {
            "export" => Subject::ResultOfExport,
            "force_flush" => Subject::ResultOfForceFlush,
            _ => Subject::ResultOfShutdown,
        };
        let limit = called.call.timeout.map_or_else(String::new, |limit| {
            format!(", with a time limit of {limit}")
        });
        let said = outcome
            .message
            .as_ref()
            .map_or_else(String::new, |message| format!(": {message}"));
        let took = seconds(outcome.elapsed);
        let at = seconds(called.record.at);
        facts.push(fact(
            subject.clone(),
            outcome.result.name(),
            format!("called at {at}{limit}, returned after {took}{said}"),
        ));
        if subject == Subject::ResultOfShutdown {
            facts.push(fact(
                Subject::TimeToExit,
                took,
                format!(
                    "shutdown at {at}{limit}, returned {}",
                    outcome.result.name()
                ),
            ));
        }
    }
    facts
}

/// How the user was told of the first export that was given up; none where none was.
fn told(recording: &Recording) -> Option<Fact> {
    let exports = recording.exports();
    let (place, given_up) = exports
        .iter()
        .enumerate()
        .find(|(_, attempts)| !attempts.iter().any(|attempt| is_delivered(attempt)))?;
    let (first, last) = (given_up.first()?, given_up.last()?);
    let ended = last.ended_at.filter(|_| last.end != End::Open)?;
    let went_on =
        exports.len() > place + 1 || calls(recording).any(|called| called.record.ended_at > ended);
    if !went_on {
        return None;
    }
    let told = told_since(recording, first.at);
    let line = recording
        .log
        .iter()
        .find(|line| line.at >= first.at && line.level >= LogLevel::Warn)
        .map_or_else(String::new, |line| format!("; first line: {}", line.text));
    Some(fact(
        Subject::Told,
        if told.is_empty() {
            "nothing".to_owned()
        } else {
            told.join(", ")
        },
        format!(
            "export {} from {}, {} attempts, the last answered {}{line}",
            first.export.unwrap_or_default(),
            seconds(first.at),
            given_up.len(),
            last.answer_text()
        ),
    ))
}

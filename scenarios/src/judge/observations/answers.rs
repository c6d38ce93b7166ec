//! What becomes of exports with answers that the specification says little about: redirects, and too many bytes.

use super::{Fact, delivery::calls, fact};
use crate::{
    judge::seconds,
    run::{Exchange, Recording},
    scenario::CallResult,
    verdict::Subject,
};

/// The largest answer that a client should read, by default, in bytes.
/// Spec: OpenTelemetry 1.60.0, "OTLP Exporter", Max Response Size.
const LARGEST_ANSWER: u64 = 4 * 1024 * 1024;

/// The statuses of HTTP that lead elsewhere.
const REDIRECTS: [u16; 5] = [301, 302, 303, 307, 308];

/// What became of exports that got such an answer to their first attempt.
pub(super) fn of(recording: &Recording) -> Vec<Fact> {
    recording
        .exports()
        .iter()
        .filter_map(|attempts| {
            redirect(attempts, recording).or_else(|| oversize(attempts, recording))
        })
        .collect()
}

fn redirect(attempts: &[&Exchange], recording: &Recording) -> Option<Fact> {
    let first = attempts.first()?;
    let answer = first
        .whole_answer()
        .filter(|answer| answer.grpc_status.is_none() && REDIRECTS.contains(&answer.http_status))?;
    let location = answer.header("location");
    let is_there = |exchange: &&Exchange| {
        exchange.ordinal > first.ordinal
            && location.is_some_and(|location| location.ends_with(&exchange.path))
    };
    let followed = recording.exchanges.iter().find(is_there);
    let value = match (location, followed) {
        (Some(_), Some(next)) if next.method == first.method => "followed".to_owned(),
        (Some(_), Some(next)) => format!("followed by {}", next.method),
        (Some(_), None) => format!("not followed, {}", what_came_of(attempts, recording)),
        (None, _) => format!("leads nowhere: {}", what_came_of(attempts, recording)),
    };
    let (status, at) = (answer.http_status, seconds(first.at));
    let to = location.map_or_else(|| "without Location".to_owned(), |to| format!("to {to}"));
    Some(fact(
        Subject::Redirect,
        value,
        format!(
            "export {} at {at}: {status} {to}, {} attempts",
            first.export.unwrap_or_default(),
            attempts.len()
        ),
    ))
}

fn oversize(attempts: &[&Exchange], recording: &Recording) -> Option<Fact> {
    let first = attempts.first()?;
    let bytes = first.answer.as_ref()?.bytes;
    (bytes > LARGEST_ANSWER).then(|| {
        fact(
            Subject::OversizeAnswer,
            what_came_of(attempts, recording),
            format!(
                "export {} at {}: {} with {bytes} bytes, {} attempts",
                first.export.unwrap_or_default(),
                seconds(first.at),
                first.answer_text(),
                attempts.len()
            ),
        )
    })
}

/// Sent again or not, and what the call said that waited for the export.
fn what_came_of(attempts: &[&Exchange], recording: &Recording) -> String {
    let again = if attempts.len() > 1 {
        "sent again"
    } else {
        "not sent again"
    };
    let begun = attempts.first().map(|first| first.at);
    let call = calls(recording).find(|called| {
        begun.is_some_and(|begun| (called.record.at..=called.record.ended_at).contains(&begun))
    });
    match call.and_then(|called| Some((called.name, called.record.result()?))) {
        Some((name, result)) if result != CallResult::Untold => {
            format!("{again}, {name} returned {}", result.name())
        }
        _ => again.to_owned(),
    }
}

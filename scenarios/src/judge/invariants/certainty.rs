//! What the client must have seen of an answer.
//!
//! An answer that was sent as the time of the attempt or the export ran out may have been seen or not; an answer of
//! success that cannot be read is no success to the client. Such answers prove nothing.

use std::time::Duration;

use otelbox_mock_collector::fault::{Action, Direction};
use otelbox_mock_collector::{Protocol, Signal};

use super::limits;
use crate::judge::faults::{action, is_slow};
use crate::run::{Accepted, ConnectionEvent, End, Exchange, Recording};
use crate::scenario::TextDuration;

/// Two events this close may have come in either order: the timer counts in milliseconds, and two of its roundings add up.
const TIE: Duration = Duration::from_millis(3);

/// How certain it is that the client took an export for delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// It must have.
    Certain,
    /// It may have.
    Possible,
    /// It cannot have: there was no answer of success.
    None,
}

/// What the attempts of one export come to.
pub(super) fn delivery(attempts: &[&Exchange], recording: &Recording) -> Delivery {
    let Some(first) = attempts.first() else {
        return Delivery::None;
    };
    if attempts
        .iter()
        .any(|attempt| is_certainly_acknowledged(attempt, first, recording))
    {
        return Delivery::Certain;
    }
    // Half an answer may be a whole one to a client that knows its end. Where it passes slowly, its client may have gone with it
    // before the receiver knows that all of it has left.
    let may_be = |attempt: &&Exchange| {
        attempt
            .answer
            .as_ref()
            .is_some_and(crate::run::Answer::is_success)
            || is_written_in_part(attempt)
            || (attempt.end != End::Answered && is_seen_late(attempt, recording))
    };
    if attempts.iter().any(may_be) {
        Delivery::Possible
    } else {
        Delivery::None
    }
}

/// Whether the client must have read that all of it, or a part, was taken.
pub(super) fn is_certainly_acknowledged(
    attempt: &Exchange,
    first: &Exchange,
    recording: &Recording,
) -> bool {
    let is_plain = match &attempt.fault {
        None => true,
        Some(name) => action(recording, name).is_some_and(|action| {
            matches!(
                action.last(),
                Action::Accept | Action::PartialSuccess(_) | Action::UnknownFields
            )
        }),
    };
    let is_told = attempt.is_acknowledged() || is_written_in_part(attempt);
    is_plain && is_told && came_through(attempt, first, recording)
}

/// Whether the client is told that some of it was written, where the rest is refused, as only remote write 2.0 can say it.
fn is_written_in_part(attempt: &Exchange) -> bool {
    let Accepted::Partial { rejected } = attempt.accepted else {
        return false;
    };
    let rejected = u64::try_from(rejected).unwrap_or_default();
    attempt.protocol == Some(Protocol::RemoteWrite2)
        && attempt.is_retryable() == Some(false)
        && attempt.items.is_none_or(|items| rejected < items)
}

/// Whether the client must have read that it is not to send this again.
pub(super) fn is_certainly_refused(
    attempt: &Exchange,
    first: &Exchange,
    recording: &Recording,
) -> bool {
    let refusal = attempt.is_retryable() == Some(false);
    let is_status = attempt.fault.as_ref().is_none_or(|name| {
        action(recording, name).is_some_and(|action| {
            matches!(action.last(), Action::Status(_) | Action::RequireHeader(_))
        })
    });
    refusal && is_status && came_through(attempt, first, recording)
}

/// Whether an answer was whole, small enough to be read, and there before any time limit.
pub(super) fn came_through(attempt: &Exchange, first: &Exchange, recording: &Recording) -> bool {
    let (Some(answer), Some(ended)) = (&attempt.answer, attempt.ended_at) else {
        return false;
    };
    let configuration = &recording.cell.configuration;
    let fits = configuration
        .max_response_bytes
        .is_none_or(|most| answer.bytes <= most && answer.header("content-encoding").is_none());
    let before = |limit: Duration| ended + TIE < limit;
    let is_in_time = before(first.at + limits::export(recording, first))
        && attempt
            .client_deadline
            .is_none_or(|limit| before(attempt.at + limit))
        && configuration
            .attempt_timeout
            .is_none_or(|limit| before(attempt.at + limit.get()));
    let is_at_once = ended <= attempt.at + TIE;
    attempt.end == End::Answered
        && fits
        && is_in_time
        && !is_cut_by_a_call(attempt, ended, is_at_once, recording)
        // Nobody knows when it began.
        && !is_slow(recording, attempt.connection, Direction::Received)
        // Who could not connect at first began earlier than the first attempt shows.
        && (is_at_once || !had_trouble(recording))
}

/// Whether a call may have ended the attempt when its answer came.
fn is_cut_by_a_call(
    attempt: &Exchange,
    ended: Duration,
    is_at_once: bool,
    recording: &Recording,
) -> bool {
    let is_metrics = recording.cell.id.signal == Signal::Metrics;
    limits::calls(recording).any(|called| {
        let cuts = called.name == "shutdown" || is_metrics;
        let (began, over) = (called.record.at, called.record.ended_at);
        let runs = began <= ended + TIE && attempt.at <= over;
        // A shutdown has shares of its time for what is running, whose ends nobody sees.
        let at_its_end = over <= ended + TIE && over + TIE >= began + called.limit;
        cuts && runs && (at_its_end || (called.name == "shutdown" && !is_at_once))
    })
}

/// Whether any connection failed.
fn had_trouble(recording: &Recording) -> bool {
    recording.connections.iter().any(|record| {
        !matches!(
            record.event,
            ConnectionEvent::Opened | ConnectionEvent::Secured { .. } | ConnectionEvent::Closed(_)
        )
    })
}

/// Whether the receiver sees late that the client is gone: it is busy with an answer that comes byte by byte, or that passes
/// slowly. Of the latter it may not even see that it was in vain.
pub(in crate::judge) fn is_seen_late(attempt: &Exchange, recording: &Recording) -> bool {
    let drips = |name: &String| {
        action(recording, name).is_some_and(|it| matches!(it.last(), Action::DripAnswer(_)))
    };
    (attempt.end == End::ClientGone && attempt.fault.as_ref().is_some_and(drips))
        || is_slow(recording, attempt.connection, Direction::Sent)
}

/// The attempt timeout is the only limit of an attempt that is not one of its export.
pub(super) fn attempt_limit(recording: &Recording) -> Option<Duration> {
    let limit = recording.cell.configuration.attempt_timeout;
    limit.map(TextDuration::get)
}

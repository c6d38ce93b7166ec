//! The exports of a recording, told apart where their bytes cannot.

use otelbox_mock_collector::Signal;
use otelbox_mock_collector::fault::Direction;

use super::limits;
use crate::judge::faults::is_slow;
use crate::run::{Exchange, Recording};

/// The attempts of each export, exports in the order of their first attempt.
///
/// The receiver takes the same bytes for the same export. In virtual time two collections may come at the very same time,
/// as those of a flush and of the cycle that has waited for it, and say the same. No retry is made without a wait, but where a
/// shutdown has cut it short, so what comes at the very end of the attempt before it is a collection of its own.
pub(super) fn exports(recording: &Recording) -> Vec<Vec<&Exchange>> {
    let mut exports = together(recording.exports(), recording);
    if recording.cell.id.signal == Signal::Metrics && recording.is_exact() {
        exports = exports
            .into_iter()
            .flat_map(|attempts| apart(attempts, recording))
            .collect();
        exports.sort_by_key(|attempts| attempts.first().map(|first| (first.at, first.ordinal)));
    }
    exports
}

/// Exports of which the receiver took attempts for another one.
///
/// It takes bytes that were acknowledged and come again for another export. What it reads slowly it may acknowledge when its
/// client has given it up and tries again, or read when another attempt was acknowledged.
fn together<'a>(exports: Vec<Vec<&'a Exchange>>, recording: &Recording) -> Vec<Vec<&'a Exchange>> {
    let is_late = |attempts: &[&Exchange]| {
        let mut attempts = attempts.iter();
        attempts.any(|attempt| is_slow(recording, attempt.connection, Direction::Received))
    };
    if !exports.iter().any(|attempts| is_late(attempts)) {
        return exports;
    }
    let mut together: Vec<Vec<&Exchange>> = Vec::new();
    for attempts in exports {
        let digest = |attempts: &[&'a Exchange]| attempts.first()?.digest.as_deref();
        let same = together.iter_mut().find(|earlier| {
            digest(earlier).is_some()
                && digest(earlier) == digest(&attempts)
                && (is_late(earlier) || is_late(&attempts))
        });
        match same {
            Some(earlier) => {
                earlier.extend(attempts);
                earlier.sort_by_key(|attempt| (attempt.at, attempt.ordinal));
            }
            None => together.push(attempts),
        }
    }
    together
}

/// One export, or several collections with the same bytes.
fn apart<'a>(attempts: Vec<&'a Exchange>, recording: &Recording) -> Vec<Vec<&'a Exchange>> {
    let mut apart: Vec<Vec<&Exchange>> = Vec::new();
    for attempt in attempts {
        let is_leaving = limits::calls(recording).any(|called| {
            let time = called.record.at..=called.record.ended_at;
            called.name == "shutdown" && time.contains(&attempt.at)
        });
        let is_at_once = |before: &&Exchange| {
            before.ended_at == Some(attempt.at) && (before.is_acknowledged() || !is_leaving)
        };
        match apart.last_mut() {
            Some(last) if !last.last().is_some_and(is_at_once) => last.push(attempt),
            _ => apart.push(vec![attempt]),
        }
    }
    apart
}

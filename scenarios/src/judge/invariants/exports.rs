//! The exports of a recording, told apart where their bytes cannot.

use otelbox_mock_collector::Signal;

use crate::run::{Exchange, Recording};

/// The attempts of each export, exports in the order of their first attempt.
///
/// The receiver takes the same bytes for the same export. In virtual time two collections may come at the very same time,
/// as those of a flush and of the cycle that has waited for it, and say the same. No retry is made without a wait, so what
/// comes at the very end of the attempt before it is a collection of its own.
pub(super) fn exports(recording: &Recording) -> Vec<Vec<&Exchange>> {
    let mut exports = recording.exports();
    if recording.cell.id.signal == Signal::Metrics && recording.is_exact() {
        exports = exports.into_iter().flat_map(apart).collect();
        exports.sort_by_key(|attempts| attempts.first().map(|first| (first.at, first.ordinal)));
    }
    exports
}

/// One export, or several collections with the same bytes.
fn apart(attempts: Vec<&Exchange>) -> Vec<Vec<&Exchange>> {
    let mut apart: Vec<Vec<&Exchange>> = Vec::new();
    for attempt in attempts {
        let is_at_once = |before: &&Exchange| before.ended_at == Some(attempt.at);
        match apart.last_mut() {
            Some(last) if !last.last().is_some_and(is_at_once) => last.push(attempt),
            _ => apart.push(vec![attempt]),
        }
    }
    apart
}

//! An export begins after the one before it has ended, waits before retries included.

use super::certainty;
use crate::judge::{Grade, Outcome, checks, seconds};
use crate::run::{End, Exchange, Recording};

pub(super) fn judge(recording: &Recording) -> Outcome {
    let mut exports = super::exports(recording);
    // The receiver does not know when the client was gone.
    for attempts in &mut exports {
        attempts.retain(|attempt| !certainty::is_seen_late(attempt, recording));
    }
    exports.retain(|attempts| !attempts.is_empty());
    let outcome = checks::never_overlap(&exports, recording);
    if outcome.grade == Grade::Failed {
        return outcome;
    }
    match attempts_at_once(&exports, recording) {
        None => outcome,
        Some(actual) => Outcome::of(false, outcome.expected, actual),
    }
}

/// Attempts of one export that were in flight at the same time.
fn attempts_at_once(exports: &[Vec<&Exchange>], recording: &Recording) -> Option<String> {
    let limit = certainty::attempt_limit(recording);
    exports
        .iter()
        .flat_map(|attempts| attempts.windows(2))
        .find_map(|pair| {
            let [earlier, later] = pair else { return None };
            let ended = earlier.ended_at.filter(|_| earlier.end != End::Open)?;
            // Who gave up waiting need not have said so yet.
            let ended = limit.map_or(ended, |limit| ended.min(earlier.at + limit));
            (later.at < ended).then(|| {
                format!(
                    "attempt {} of export {} began at {} while attempt {} ran until {}",
                    later.attempt,
                    later.export.unwrap_or_default(),
                    seconds(later.at),
                    earlier.attempt,
                    seconds(ended)
                )
            })
        })
}

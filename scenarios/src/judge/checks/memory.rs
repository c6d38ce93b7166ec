//! Memory of the system under test.

use super::counted;
use crate::{
    judge::Outcome,
    run::{Exchange, Recording},
    scenario::check::MemoryCheck,
};

pub(super) fn judge(check: MemoryCheck, recording: &Recording) -> Outcome {
    let most = check.grows_at_most;
    let expected = format!("memory grows by at most {}", counted(most, "byte"));
    if let Some(grown) = recording.memory_growth {
        return Outcome::of(
            grown <= most,
            expected,
            format!("it grows by {}", counted(grown, "byte")),
        );
    }
    if !recording.is_exact() {
        return Outcome::not_applicable(expected, "the system does not tell how much it is");
    }
    let read = |exchange: &Exchange| {
        let answer = exchange.whole_answer()?;
        Some(answer.bytes)
    };
    match recording.attempts().filter_map(read).max() {
        Some(bytes) if bytes > most => Outcome::of(
            false,
            expected,
            format!(
                "an answer of {} was read to its end",
                counted(bytes, "byte")
            ),
        ),
        _ if recording.attempts().next().is_none() => Outcome::nothing(expected, "no attempt"),
        _ => Outcome::of(true, expected, "no such answer was read to its end"),
    }
}

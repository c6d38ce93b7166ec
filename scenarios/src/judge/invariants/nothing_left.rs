//! Nothing panics, and when all is over no task is left.

use super::untold;
use crate::judge::Outcome;
use crate::run::Recording;

const EXPECTED: &str = "no panic, and no task that is left when all is over";

pub(super) fn judge(recording: &Recording) -> Outcome {
    let Some(inside) = &recording.inside else {
        return untold(EXPECTED);
    };
    let mut wrong = Vec::new();
    if !inside.panics.is_empty() {
        wrong.push(format!("panicked: {}", inside.panics.join("; ")));
    }
    if inside.tasks_left > 0 {
        wrong.push(format!("tasks left: {}", inside.tasks_left));
    }
    let actual = if wrong.is_empty() {
        "neither".to_owned()
    } else {
        wrong.join("; ")
    };
    Outcome::of(wrong.is_empty(), EXPECTED, actual)
}

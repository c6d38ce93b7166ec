//! After an answer that settles an export there is no other attempt of it.

use super::{certainty, outcome};
use crate::judge::{Outcome, Survey, seconds};
use crate::run::Recording;

const EXPECTED: &str = "no attempt of an export after the answer that settles it";

pub(super) fn judge(recording: &Recording) -> Outcome {
    let mut survey = Survey::new("OBX-INV-004", EXPECTED, "answers that settle an export");
    for attempts in super::exports(recording) {
        let Some(first) = attempts.first() else {
            continue;
        };
        for (position, attempt) in attempts.iter().enumerate() {
            let settles = certainty::is_certainly_acknowledged(attempt, first, recording)
                || certainty::is_certainly_refused(attempt, first, recording);
            if !settles {
                continue;
            }
            survey.look(attempts.get(position + 1).map(|again| {
                format!(
                    "attempt {} of export {} was answered {} at {}, and came again at {}",
                    attempt.attempt,
                    attempt.export.unwrap_or_default(),
                    attempt.answer_text(),
                    seconds(attempt.ended_at.unwrap_or(attempt.at)),
                    seconds(again.at)
                )
            }));
        }
    }
    outcome(survey, EXPECTED)
}

//! Upper bounds of times: the one place where they are judged.

use std::time::Duration;

use crate::{
    judge::{Grade, Outcome, seconds},
    run::Recording,
};

/// How exact times are in virtual time: tokio's timer counts in milliseconds.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// How much later than it happened the receiver, or the runner, may see something on a machine that is not busy.
const WIRE_DELAY: Duration = Duration::from_millis(50);

/// How much later than it was the end of something may be seen, so that what began after it seems to have begun before.
pub(crate) fn slack(recording: &Recording) -> Duration {
    if recording.is_exact() {
        Duration::ZERO
    } else {
        WIRE_DELAY + recording.lag
    }
}

/// Whether something that came at `actual`, or took so long, did so by `limit`.
///
/// In real time it may be later by as much as the machine was late itself. Then nothing can be said: it is inconclusive.
pub(crate) fn grade(actual: Duration, limit: Duration, recording: &Recording) -> Grade {
    let over = actual.saturating_sub(limit);
    if recording.is_exact() {
        return if over <= TICK {
            Grade::Passed
        } else {
            Grade::Failed
        };
    }
    if over <= WIRE_DELAY {
        Grade::Passed
    } else if over <= slack(recording) {
        Grade::Inconclusive
    } else {
        Grade::Failed
    }
}

/// The worst of several such grades as an outcome, with the machine's lateness where that leaves it open.
pub(crate) fn outcome(
    grades: impl IntoIterator<Item = Grade>,
    expected: impl Into<String>,
    actual: impl Into<String>,
    recording: &Recording,
) -> Outcome {
    let grade = grades.into_iter().max().unwrap_or(Grade::Passed);
    let mut actual = actual.into();
    if grade == Grade::Inconclusive {
        let late = seconds(recording.lag);
        actual = format!("{actual}, on a machine that was {late} late itself");
    }
    Outcome {
        grade,
        expected: expected.into(),
        actual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{judge::crooked::recording, report::RunTime};

    #[test]
    fn a_machine_that_is_late_leaves_open_what_it_may_have_caused() {
        let millis = Duration::from_millis;
        let mut real = recording(Vec::new());
        assert_eq!(grade(millis(1001), millis(1000), &real), Grade::Passed);
        assert_eq!(grade(millis(1002), millis(1000), &real), Grade::Failed);
        real.time = RunTime::Real;
        for (lag, actual, expected) in [
            (0, 1050, Grade::Passed),
            (0, 1051, Grade::Failed),
            (200, 1050, Grade::Passed),
            (200, 1250, Grade::Inconclusive),
            (200, 1251, Grade::Failed),
        ] {
            real.lag = millis(lag);
            assert_eq!(
                grade(millis(actual), millis(1000), &real),
                expected,
                "{actual} ms, {lag} ms late"
            );
        }
    }
}

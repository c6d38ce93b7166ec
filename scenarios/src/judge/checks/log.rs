//! What the SUT told its user.

use std::fmt::Write as _;

use super::counted;
use crate::{
    judge::Outcome,
    run::Recording,
    scenario::check::{LogCheck, LogLevel},
};

pub(super) fn judge(check: &LogCheck, recording: &Recording) -> Outcome {
    let logged = recording
        .log
        .iter()
        .map(|line| (line.level, line.text.as_str()));
    let called = recording
        .steps
        .iter()
        .filter(|_| check.or_from_a_call)
        .filter_map(|step| step.outcome.as_ref()?.message.as_deref())
        .map(|message| (LogLevel::Error, message));
    let lines: Vec<&str> = logged
        .chain(called)
        .filter(|(at, _)| check.level.is_none_or(|level| *at >= level))
        .filter(|(_, line)| check.contains.iter().all(|text| line.contains(text)))
        .map(|(_, line)| line)
        .collect();
    let count = lines.len() as u64;
    let mut what = check
        .level
        .map_or_else(String::new, |level| format!(" at {level:?} or worse"));
    if !check.contains.is_empty() {
        let _ = write!(what, " with `{}`", check.contains.join("`, `"));
    }
    let (holds, wanted) = if check.absent {
        (count == 0, "no line".to_owned())
    } else if let Some(wanted) = check.count {
        (count == wanted, counted(wanted, "line"))
    } else {
        let wanted = check.at_least.unwrap_or(1);
        (
            count >= wanted,
            format!("at least {}", counted(wanted, "line")),
        )
    };
    let seen = match lines.first() {
        None if recording.log.is_empty() => "the log is empty".to_owned(),
        None => format!(
            "no such line among {}",
            counted(recording.log.len() as u64, "line")
        ),
        Some(first) => format!("{}: {first}", counted(count, "line")),
    };
    let expected = format!("{wanted}{what}");
    if !holds && check.silence_proves_nothing && count == 0 {
        return Outcome::not_applicable(
            expected,
            format!("{seen}; it may have been told elsewhere"),
        );
    }
    Outcome::of(holds, expected, seen)
}

//! Attempts: how many, when, and what was answered.

use std::time::Duration;

use super::amount;
use crate::{
    judge::{
        Grade, Outcome,
        bounds::{self, TICK},
        seconds,
    },
    run::{End, Exchange, Recording},
    scenario::{
        RandomMode, Step, TextDuration,
        check::{AnswerPattern, AttemptsCheck, SpanCheck},
    },
};

/// Random waits may be this much shorter or longer. Spec: otelbox, "Jitter".
pub(super) const JITTER: f64 = 0.2;

/// Real time may run this much faster than it should: two clocks, two roundings.
pub(super) const EARLY: f64 = 0.05;

pub(super) fn retried(wanted: bool, recording: &Recording) -> Outcome {
    let expected = if wanted {
        "a failed attempt is retried"
    } else {
        "a failed attempt is not retried"
    };
    let failed: Vec<Vec<&Exchange>> = recording
        .exports()
        .into_iter()
        .filter(|attempts| {
            attempts
                .first()
                .is_some_and(|first| !first.is_acknowledged() && first.end != End::Open)
        })
        .collect();
    if failed.is_empty() {
        return Outcome::nothing(expected, "no attempt failed");
    }
    let retried = failed.iter().filter(|attempts| attempts.len() > 1).count();
    let holds = if wanted { retried > 0 } else { retried == 0 };
    Outcome::of(
        holds,
        expected,
        format!(
            "{retried} of {} retried",
            super::counted(failed.len() as u64, "failed export")
        ),
    )
}

pub(super) fn judge(check: &AttemptsCheck, recording: &Recording) -> Vec<Outcome> {
    let all: Vec<&Exchange> = recording.attempts().collect();
    let attempts: Vec<&Exchange> = match check.export {
        None => all.clone(),
        Some(number) => nth(recording, number),
    };
    let origin = match check.export {
        None => Duration::ZERO,
        Some(_) => attempts.first().map_or(Duration::ZERO, |first| first.at),
    };
    let mut outcomes = amount(
        "attempt",
        attempts.len() as u64,
        check.count,
        check.at_least,
        check.at_most,
    );
    if let Some(wanted) = check.per_export {
        outcomes.push(per_export(wanted, recording));
    }
    if let Some(wanted) = &check.at {
        let wanted: Vec<Duration> = wanted.iter().copied().map(TextDuration::get).collect();
        outcomes.push(at(check, &wanted, &attempts, origin, recording));
    }
    if check.same_payload == Some(true) {
        outcomes.push(same_payload(check, &attempts, recording));
    }
    if let Some(wanted) = check.gap_at_least {
        outcomes.push(gap_at_least(wanted.get(), check.export, recording));
    }
    if let Some(wanted) = check.none_after {
        let expected = format!("no attempt after {}", seconds(wanted.get()));
        let last = attempts
            .iter()
            .map(|attempt| attempt.at.saturating_sub(origin))
            .max();
        outcomes.push(match last {
            None => Outcome::nothing(expected, "no attempt"),
            Some(last) => bounds::outcome(
                [bounds::grade(last, wanted.get(), recording)],
                expected,
                format!("an attempt at {}", seconds(last)),
                recording,
            ),
        });
    }
    if let Some(span) = check.first_lasts {
        outcomes.extend(first_lasts(span, check.export, recording));
    }
    if let Some(wanted) = &check.answers {
        outcomes.push(answers(wanted, &attempts));
    }
    outcomes
}

/// The attempts of the n-th export, from 1.
pub(super) fn nth(recording: &Recording, number: u64) -> Vec<&Exchange> {
    let index = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
    recording
        .exports()
        .into_iter()
        .nth(index)
        .unwrap_or_default()
}

/// `0.000s, 1.013s`.
pub(crate) fn times(times: impl IntoIterator<Item = Duration>) -> String {
    let texts: Vec<_> = times.into_iter().map(seconds).collect();
    if texts.is_empty() {
        "none".to_owned()
    } else {
        texts.join(", ")
    }
}

fn per_export(wanted: u64, recording: &Recording) -> Outcome {
    let expected = format!("{} in each export", super::counted(wanted, "attempt"));
    let counts: Vec<usize> = recording.exports().iter().map(Vec::len).collect();
    if counts.is_empty() {
        return Outcome::nothing(expected, "no export");
    }
    let holds = counts.iter().all(|count| *count as u64 == wanted);
    let texts: Vec<_> = counts.iter().map(ToString::to_string).collect();
    Outcome::of(holds, expected, format!("{} attempts", texts.join(", ")))
}

fn at(
    check: &AttemptsCheck,
    wanted: &[Duration],
    attempts: &[&Exchange],
    origin: Duration,
    recording: &Recording,
) -> Outcome {
    let expected = format!("attempts at {}", times(wanted.iter().copied()));
    let actual = format!(
        "attempts at {}",
        times(
            attempts
                .iter()
                .map(|attempt| attempt.at.saturating_sub(origin))
        )
    );
    if wanted.len() != attempts.len() {
        return Outcome::of(false, expected, actual);
    }
    let mut first: Option<(Option<u64>, Duration)> = None;
    let holds = wanted.iter().zip(attempts).all(|(wanted, attempt)| {
        let began = match first {
            Some((export, began_at)) if export == attempt.export => began_at,
            Some(_) | None => {
                first = Some((attempt.export, *wanted));
                *wanted
            }
        };
        let since = wanted.saturating_sub(began);
        let jitter = match recording.cell.random {
            RandomMode::Midpoint if recording.is_exact() => Duration::ZERO,
            RandomMode::Midpoint | RandomMode::Seeded => since.mul_f64(JITTER),
        };
        let tolerance = check.tolerance.map_or(jitter + TICK, TextDuration::get);
        let actual = attempt.at.saturating_sub(origin);
        let earliest = wanted.saturating_sub(tolerance);
        if recording.is_exact() {
            actual >= earliest && actual <= *wanted + tolerance
        } else {
            actual >= earliest.mul_f64(1.0 - EARLY)
        }
    });
    Outcome::of(holds, expected, actual)
}

fn same_payload(check: &AttemptsCheck, attempts: &[&Exchange], recording: &Recording) -> Outcome {
    let expected = "the same payload in all attempts of an export";
    let mut compared = 0;
    let mut different = None;
    let mut compare = |one: &Exchange, other: &Exchange| {
        if let (Some(one_digest), Some(other_digest)) = (&one.digest, &other.digest) {
            compared += 1;
            if one_digest != other_digest && different.is_none() {
                different = Some(format!(
                    "attempts at {} and {} differ",
                    seconds(one.at),
                    seconds(other.at)
                ));
            }
        }
    };
    if check.export.is_some() {
        for pair in attempts.windows(2) {
            compare(pair[0], pair[1]);
        }
    } else {
        for pair in attempts.windows(2) {
            // A changed payload counts as a new export. But one flush makes one export: what follows a failed attempt
            // inside the same call is its retry, whatever it carries.
            if pair[0].export == pair[1].export
                || is_retry_within_a_call(pair[0], pair[1], recording)
            {
                compare(pair[0], pair[1]);
            }
        }
    }
    match (different, compared) {
        (Some(different), _) => Outcome::of(false, expected, different),
        (None, 0) => Outcome::nothing(expected, "no retry with a readable payload"),
        (None, compared) => Outcome::of(true, expected, format!("retries compared: {compared}")),
    }
}

fn is_retry_within_a_call(earlier: &Exchange, later: &Exchange, recording: &Recording) -> bool {
    !earlier.is_acknowledged()
        && recording.steps.iter().any(|record| {
            matches!(
                recording.cell.steps.get(record.index),
                Some(Step::ForceFlush(_) | Step::Shutdown(_))
            ) && (record.at..=record.ended_at).contains(&earlier.at)
                && (record.at..=record.ended_at).contains(&later.at)
        })
}

fn gap_at_least(wanted: Duration, export: Option<u64>, recording: &Recording) -> Outcome {
    let expected = format!(
        "at least {} between an answer and the next attempt",
        seconds(wanted)
    );
    let gaps: Vec<Duration> = super::gaps::gaps(recording, export)
        .into_iter()
        .flatten()
        .collect();
    if gaps.is_empty() {
        return Outcome::nothing(expected, "no retry");
    }
    let least = if recording.is_exact() {
        wanted.saturating_sub(TICK)
    } else {
        wanted.mul_f64(1.0 - EARLY)
    };
    Outcome::of(
        gaps.iter().all(|gap| *gap >= least),
        expected,
        format!("waits of {}", times(gaps.iter().copied())),
    )
}

/// How long first attempts lasted, up to the first sign of their end.
fn first_lasts(span: SpanCheck, export: Option<u64>, recording: &Recording) -> Vec<Outcome> {
    let exports = match export {
        Some(number) => vec![nth(recording, number)],
        None => recording.exports(),
    };
    let spans: Vec<Option<Duration>> = exports
        .iter()
        .filter_map(|attempts| attempts.first())
        .map(|first| lasted(first, recording))
        .collect();
    let known: Vec<Duration> = spans.iter().copied().flatten().collect();
    let seen = if known.len() == spans.len() {
        format!("it lasts {}", times(known.iter().copied()))
    } else {
        format!(
            "it lasts {}, and of {} there is no end",
            times(known.iter().copied()),
            spans.len() - known.len()
        )
    };
    let judge = |expected: String, grade: &dyn Fn(Duration) -> Grade, endless: Grade| {
        if spans.is_empty() {
            return Outcome::nothing(expected, "no export");
        }
        let grades = spans.iter().map(|span| span.map_or(endless, grade));
        bounds::outcome(grades, expected, seen.clone(), recording)
    };
    let early = |wanted: Duration| {
        if recording.is_exact() {
            wanted.saturating_sub(TICK)
        } else {
            wanted.mul_f64(1.0 - EARLY)
        }
    };
    [
        span.at_least.map(|wanted| {
            judge(
                format!("a first attempt lasts at least {wanted}"),
                &|span| {
                    if span >= early(wanted.get()) {
                        Grade::Passed
                    } else {
                        Grade::Failed
                    }
                },
                Grade::Passed,
            )
        }),
        span.at_most.map(|wanted| {
            judge(
                format!("a first attempt lasts at most {wanted}"),
                &|span| bounds::grade(span, wanted.get(), recording),
                Grade::Failed,
            )
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// From the request to its answer, its loss, the next attempt, or the end of the call that it was made in.
fn lasted(first: &Exchange, recording: &Recording) -> Option<Duration> {
    let ended = first.ended_at.filter(|_| first.end != End::Open);
    let next = recording
        .attempts()
        .map(|attempt| attempt.at)
        .find(|at| *at > first.at);
    let call = recording.steps.iter().find(|record| {
        matches!(
            recording.cell.steps.get(record.index),
            Some(Step::ForceFlush(_) | Step::Shutdown(_))
        ) && (record.at..=record.ended_at).contains(&first.at)
    });
    let end = [ended, next, call.map(|record| record.ended_at)]
        .into_iter()
        .flatten()
        .min()?;
    Some(end.saturating_sub(first.at))
}

fn answers(wanted: &[AnswerPattern], attempts: &[&Exchange]) -> Outcome {
    let join = |texts: Vec<String>| {
        if texts.is_empty() {
            "none".to_owned()
        } else {
            texts.join(", ")
        }
    };
    let holds = wanted.len() == attempts.len()
        && wanted.iter().zip(attempts).all(|(wanted, attempt)| {
            match (wanted, attempt.whole_answer()) {
                (AnswerPattern::None, None) => true,
                (AnswerPattern::Accepted, Some(_)) => attempt.is_acknowledged(),
                (AnswerPattern::Error, Some(_)) => !attempt.is_acknowledged(),
                (AnswerPattern::Grpc(code), Some(answer)) => answer.grpc_status == Some(*code),
                (AnswerPattern::Http(status), Some(answer)) => {
                    answer.grpc_status.is_none() && answer.http_status == *status
                }
                (AnswerPattern::None, Some(_)) | (_, None) => false,
            }
        });
    Outcome::of(
        holds,
        format!(
            "answers {}",
            join(wanted.iter().map(ToString::to_string).collect())
        ),
        format!(
            "answers {}",
            join(
                attempts
                    .iter()
                    .map(|attempt| attempt.answer_text())
                    .collect()
            )
        ),
    )
}

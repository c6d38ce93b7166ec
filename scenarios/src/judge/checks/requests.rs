//! Request line, framing and headers of every attempt.

use super::counted;
use crate::{
    judge::{Outcome, seconds},
    run::{Exchange, Payload, Recording},
    scenario::{
        Compression,
        check::{HeaderLike, HeaderPattern, HeadersCheck, RequestCheck},
    },
};
use otelbox_mock_collector::Protocol;

/// Judges every attempt; where no request was recognised as one (a path of one's own), every request. Nothing to look at
/// where there is none.
fn every(
    expected: String,
    recording: &Recording,
    wrong: impl Fn(&Exchange) -> Option<String>,
) -> Outcome {
    let mut count = 0;
    let recognised = recording.attempts().next().is_some();
    let requests = recording
        .exchanges
        .iter()
        .filter(|exchange| !recognised || recording.is_attempt(exchange));
    for exchange in requests {
        count += 1;
        if let Some(wrong) = wrong(exchange) {
            return Outcome::of(
                false,
                expected,
                format!("{wrong} at {}", seconds(exchange.at)),
            );
        }
    }
    if count == 0 {
        Outcome::nothing(expected, "no attempt")
    } else {
        Outcome::of(true, expected, counted(count, "attempt"))
    }
}

pub(super) fn judge(check: &RequestCheck, recording: &Recording) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    if let Some(wanted) = &check.path {
        outcomes.push(every(format!("path {wanted}"), recording, |exchange| {
            (exchange.path != *wanted).then(|| format!("path {}", exchange.path))
        }));
    }
    if let Some(wanted) = &check.method {
        outcomes.push(every(format!("method {wanted}"), recording, |exchange| {
            (exchange.method != *wanted).then(|| format!("method {}", exchange.method))
        }));
    }
    if let Some(wanted) = check.messages {
        outcomes.push(every(
            format!("{} in the request", counted(wanted, "message")),
            recording,
            |exchange| {
                (exchange.messages as u64 != wanted)
                    .then(|| counted(exchange.messages as u64, "message"))
            },
        ));
    }
    if let Some(wanted) = check.decodes {
        let expected = if wanted {
            "a payload with items"
        } else {
            "no payload with items"
        };
        outcomes.push(every(expected.to_owned(), recording, |exchange| {
            let decodes = exchange.is_decoded() && exchange.items.is_some_and(|items| items > 0);
            (decodes != wanted).then(|| match &exchange.payload {
                Payload::Undecodable(reason) => reason.clone(),
                Payload::Incomplete => "an incomplete body".to_owned(),
                _ => counted(exchange.items.unwrap_or(0), "item"),
            })
        }));
    }
    if let Some(wanted) = check.encoding {
        let name = match wanted {
            Compression::Gzip => "gzip",
            Compression::None => "none",
        };
        outcomes.push(every(
            format!("compression {name}"),
            recording,
            |exchange| {
                let gzip = exchange.body.starts_with(&[0x1f, 0x8b]);
                let wrong = exchange.body_at.is_some() && gzip != (wanted == Compression::Gzip);
                wrong.then(|| format!("compression {}", if gzip { "gzip" } else { "none" }))
            },
        ));
    }
    if let Some(most) = check.message_bytes_at_most {
        outcomes.push(every(
            format!("messages of at most {most} bytes"),
            recording,
            |exchange| match exchange.message_bytes {
                Some(bytes) if bytes > most => Some(format!("a message of {bytes} bytes")),
                Some(_) | None => None,
            },
        ));
    }
    if let Some(wanted) = check.deadline_at_most {
        let expected = format!("a grpc-timeout of at most {wanted}");
        outcomes.push(if recording.cell.id.protocol == Protocol::Grpc {
            every(expected, recording, |exchange| {
                match exchange.client_deadline {
                    Some(deadline) if deadline <= wanted.get() => None,
                    Some(deadline) => Some(format!("grpc-timeout {}", seconds(deadline))),
                    None => Some("no grpc-timeout".to_owned()),
                }
            })
        } else {
            Outcome::nothing(expected, "HTTP requests have none")
        });
    }
    outcomes
}

pub(super) fn headers(check: &HeadersCheck, recording: &Recording) -> Vec<Outcome> {
    check
        .iter()
        .map(|(name, pattern)| {
            let name = name.to_ascii_lowercase();
            let expected = match pattern {
                HeaderPattern::Exactly(text) => format!("{name}: {text}"),
                HeaderPattern::Absent => format!("no {name}"),
                HeaderPattern::Like(like) => format!("{name}: {}", shape(like)),
            };
            every(expected, recording, |exchange| {
                let values: Vec<&str> = exchange
                    .headers
                    .iter()
                    .filter(|(key, _)| *key == name)
                    .map(|(_, value)| value.as_str())
                    .collect();
                let fits = match (pattern, values.as_slice()) {
                    (HeaderPattern::Absent, values) => values.is_empty(),
                    (HeaderPattern::Exactly(text), [value]) => value == text,
                    (HeaderPattern::Like(like), [value]) => is_like(like, value),
                    (HeaderPattern::Exactly(_) | HeaderPattern::Like(_), _) => false,
                };
                (!fits).then(|| match values.as_slice() {
                    [] => format!("no {name}"),
                    values => format!("{name}: {}", values.join(", ")),
                })
            })
        })
        .collect()
}

fn shape(like: &HeaderLike) -> String {
    match (&like.starts_with, &like.contains) {
        (None, None) => "anything".to_owned(),
        (Some(start), None) => format!("{start}..."),
        (None, Some(part)) => format!("...{part}..."),
        (Some(start), Some(part)) => format!("{start}...{part}..."),
    }
}

fn is_like(like: &HeaderLike, value: &str) -> bool {
    like.starts_with
        .as_ref()
        .is_none_or(|start| value.starts_with(start.as_str()))
        && like
            .contains
            .as_ref()
            .is_none_or(|part| value.contains(part.as_str()))
}

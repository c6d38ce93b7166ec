//! No attempt comes before the time that the receiver asked for.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use otelbox_mock_collector::Protocol;
use prost::Message;

use super::{certainty, outcome};
use crate::judge::{Outcome, Survey, bounds::TICK, seconds};
use crate::run::{Exchange, Recording};

const EXPECTED: &str = "no attempt before the time that the receiver asked for";

pub(super) fn judge(recording: &Recording) -> Outcome {
    let mut survey = Survey::new("OBX-INV-005", EXPECTED, "waits that were asked for");
    for attempts in super::exports(recording) {
        let Some(first) = attempts.first() else {
            continue;
        };
        for pair in attempts.windows(2) {
            let [before, after] = pair else { continue };
            if !certainty::came_through(before, first, recording) {
                continue;
            }
            let Some(asked) = asked(before, recording) else {
                continue;
            };
            let ended = before.ended_at.unwrap_or(before.at);
            let waited = after.at.saturating_sub(ended);
            survey.look((waited + TICK < asked).then(|| {
                format!(
                    "asked at {} for {}, attempt {} of export {} came after {}",
                    seconds(ended),
                    seconds(asked),
                    after.attempt,
                    after.export.unwrap_or_default(),
                    seconds(waited)
                )
            }));
        }
    }
    outcome(survey, EXPECTED)
}

/// How long the receiver asked to be left alone, from its answer on; none where it did not, or where nobody understands it.
fn asked(exchange: &Exchange, recording: &Recording) -> Option<Duration> {
    let answer = exchange.whole_answer()?;
    if exchange.is_retryable() != Some(true) {
        return None;
    }
    if exchange.protocol? == Protocol::Grpc {
        return retry_info(answer.header("grpc-status-details-bin")?);
    }
    let text = answer.header("retry-after")?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let now = SystemTime::UNIX_EPOCH
        + Duration::from_nanos(recording.epoch_unix_nano)
        + exchange.ended_at.unwrap_or(exchange.at);
    date.duration_since(now).ok()
}

/// Padded or not: gRPC allows both.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(message, repeated, tag = "3")]
    details: Vec<Detail>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
struct Detail {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Delay>,
}

/// `google.protobuf.Duration`.
#[derive(Clone, PartialEq, Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

/// The delay in the first `RetryInfo` among the details; none where it is negative or cannot be read.
fn retry_info(header: &str) -> Option<Duration> {
    let bytes = LENIENT.decode(header).ok()?;
    let status = Status::decode(bytes.as_slice()).ok()?;
    let detail = status
        .details
        .iter()
        .find(|detail| detail.type_url.ends_with("/google.rpc.RetryInfo"))?;
    let delay = RetryInfo::decode(detail.value.as_slice())
        .ok()?
        .retry_delay?;
    let seconds = u64::try_from(delay.seconds).ok()?;
    let nanos = u32::try_from(delay.nanos)
        .ok()
        .filter(|nanos| *nanos < 1_000_000_000)?;
    Some(Duration::new(seconds, nanos))
}

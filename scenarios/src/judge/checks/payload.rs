//! A whole payload as normalised OTLP/JSON.

use otelbox_mock_collector::json::{self, Style, Verbatim};
use otelbox_mock_collector::payload::Payload;
use serde_json::Value;

use crate::{
    judge::{Outcome, payload::Point},
    run::{Payload as Seen, Recording},
    scenario::check::PayloadCheck,
};

/// How much of a payload a finding shows.
const SHOWN_CHARACTERS: usize = 2000;

pub(super) fn judge(check: &PayloadCheck, recording: &Recording) -> Outcome {
    let number = check.export.unwrap_or(1);
    let expected = format!("export {number} has the payload of the scenario");
    let attempts = super::attempts::nth(recording, number);
    let actual = attempts
        .first()
        .and_then(|exchange| normalized(&exchange.payload, recording));
    let Some(actual) = actual else {
        return Outcome::nothing(
            expected,
            format!("no export {number} with a readable payload"),
        );
    };
    let difference = check
        .equals
        .as_ref()
        .and_then(|wanted| differs(wanted, &actual, true, "$"))
        .or_else(|| {
            check
                .contains
                .as_ref()
                .and_then(|wanted| differs(wanted, &actual, false, "$"))
        });
    match difference {
        None => Outcome::of(true, expected, "it has"),
        Some(difference) => {
            let text: String = actual.to_string().chars().take(SHOWN_CHARACTERS).collect();
            Outcome::of(false, expected, format!("{difference}, in {text}"))
        }
    }
}

/// The payload as JSON, in canonical order, times as offsets such as `[+15.000s]`; none where there is none to read.
pub fn normalized(payload: &Seen, recording: &Recording) -> Option<Value> {
    let payload = match payload {
        Seen::Metrics(request) => Payload::Metrics(request.as_ref().clone()),
        Seen::Traces(request) => Payload::Traces(request.as_ref().clone()),
        Seen::Logs(request) => Payload::Logs(request.as_ref().clone()),
        Seen::RemoteWrite1(request) => Payload::RemoteWrite1(request.as_ref().clone()),
        Seen::RemoteWrite2(request) => Payload::RemoteWrite2(request.as_ref().clone()),
        Seen::Zipkin(list) => Payload::Zipkin(list.as_ref().clone()),
        Seen::Counted | Seen::Incomplete | Seen::Undecodable(_) => return None,
    };
    if !recording.cell.id.protocol.is_otlp() {
        return Some(json::encode_styled(
            &payload.canonical(),
            &mut Offsets(recording),
        ));
    }
    let mut value = json::encode(&payload.canonical());
    offsets(&mut value, recording);
    Some(value)
}

/// Times as offsets, ids as they are.
struct Offsets<'a>(&'a Recording);

impl Style for Offsets<'_> {
    fn time(&mut self, unix_nano: u64) -> Value {
        format!("[{}]", Point::offset(self.0, unix_nano)).into()
    }

    fn trace_id(&mut self, id: &[u8]) -> Value {
        Verbatim.trace_id(id)
    }

    fn span_id(&mut self, id: &[u8]) -> Value {
        Verbatim.span_id(id)
    }
}

fn offsets(value: &mut Value, recording: &Recording) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                let time = value.as_str().and_then(|text| text.parse::<u64>().ok());
                match time {
                    Some(time) if key.ends_with("UnixNano") => {
                        *value = Value::String(format!("[{}]", Point::offset(recording, time)));
                    }
                    Some(_) | None => offsets(value, recording),
                }
            }
        }
        Value::Array(values) => values
            .iter_mut()
            .for_each(|value| offsets(value, recording)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Where `actual` is not what was wanted; `whole` asks for equality, else everything wanted has to be there.
fn differs(wanted: &Value, actual: &Value, whole: bool, path: &str) -> Option<String> {
    match (wanted, actual) {
        (Value::Object(wanted), Value::Object(actual)) => wanted
            .iter()
            .find_map(|(key, wanted)| match actual.get(key) {
                Some(actual) => differs(wanted, actual, whole, &format!("{path}.{key}")),
                None => Some(format!("{path}.{key} is missing")),
            })
            .or_else(|| {
                let more = actual
                    .keys()
                    .find(|key| whole && !wanted.contains_key(*key))?;
                Some(format!("{path}.{more} is there as well"))
            }),
        (Value::Array(wanted), Value::Array(actual)) if whole => {
            if wanted.len() != actual.len() {
                return Some(format!(
                    "{path} has {} elements, not {}",
                    actual.len(),
                    wanted.len()
                ));
            }
            wanted
                .iter()
                .zip(actual)
                .enumerate()
                .find_map(|(index, (wanted, actual))| {
                    differs(wanted, actual, whole, &format!("{path}[{index}]"))
                })
        }
        (Value::Array(wanted), Value::Array(actual)) => {
            let mut rest = actual.iter();
            wanted.iter().enumerate().find_map(|(index, wanted)| {
                let found = rest.any(|actual| differs(wanted, actual, whole, path).is_none());
                (!found).then(|| match (wanted, actual.as_slice()) {
                    (wanted, [only]) => differs(wanted, only, whole, &format!("{path}[0]"))
                        .unwrap_or_else(|| format!("{path}[{index}] is missing")),
                    _ => format!("{path} lacks {wanted}"),
                })
            })
        }
        (Value::Number(wanted), Value::Number(actual)) => (wanted.as_f64() != actual.as_f64())
            .then(|| format!("{path} is {actual}, not {wanted}")),
        (wanted, actual) => (wanted != actual).then(|| format!("{path} is {actual}, not {wanted}")),
    }
}

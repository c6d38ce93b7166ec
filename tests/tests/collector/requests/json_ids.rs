//! OTLP/JSON's traps: ids, bytes and texts.

use super::making::json;
use super::payloads::{log, span_of};
use crate::wire::Request;

/// Fields of a span.
const SPANS: &[(&str, &str)] = &[
    (
        "ids in hexadecimal",
        r#""traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174""#,
    ),
    (
        "ids in upper case",
        r#""traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174""#,
    ),
    (
        "ids in base64",
        r#""traceId":"W47/95gDgQPSabYzgT/GDA==","spanId":"7uGbfsPBsXQ=""#,
    ),
    (
        "an id of an odd number of digits",
        r#""traceId":"5b8","spanId":"eee19b7ec3c1b174""#,
    ),
    (
        "a trace id that is too short",
        r#""traceId":"5b8efff7","spanId":"eee19b7ec3c1b174""#,
    ),
    (
        "a span id that is too long",
        r#""traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b17400""#,
    ),
    (
        "an id with dashes",
        r#""traceId":"5b8efff7-9803-8103-d269-b633813fc60c","spanId":"eee19b7ec3c1b174""#,
    ),
    ("empty ids", r#""traceId":"","spanId":"""#),
    ("ids that are null", r#""traceId":null,"spanId":null"#),
    ("no ids", r#""name":"span""#),
    (
        "ids of zeros",
        r#""traceId":"00000000000000000000000000000000","spanId":"0000000000000000""#,
    ),
    (
        "an id as a number",
        r#""traceId":12,"spanId":"eee19b7ec3c1b174""#,
    ),
];

/// Bodies of a log record.
const BODIES: &[(&str, &str)] = &[
    ("bytes in base64", r#"{"bytesValue":"AP+/"}"#),
    ("bytes in base64 without padding", r#"{"bytesValue":"AP8"}"#),
    ("bytes in base64 with padding", r#"{"bytesValue":"AP8="}"#),
    ("bytes in the URL alphabet", r#"{"bytesValue":"AP-_"}"#),
    ("bytes that are no base64", r#"{"bytesValue":"!!"}"#),
    ("no bytes", r#"{"bytesValue":""}"#),
    ("a lone surrogate", r#"{"stringValue":"\ud800"}"#),
    ("a pair of surrogates", r#"{"stringValue":"\ud83e\udd80"}"#),
    ("an unknown escape", r#"{"stringValue":"\x41"}"#),
    ("a control character", "{\"stringValue\":\"a\u{1}b\"}"),
    ("a text as a number", r#"{"stringValue":12}"#),
    ("a truth as a text", r#"{"boolValue":"true"}"#),
    (
        "a value with two choices",
        r#"{"stringValue":"one","intValue":"2"}"#,
    ),
    ("a value with an unknown choice", r#"{"futureValue":"one"}"#),
    ("a value that is a bare text", r#""hello""#),
    ("an empty list", r#"{"arrayValue":{}}"#),
    (
        "a list without its message",
        r#"{"arrayValue":[{"intValue":"1"}]}"#,
    ),
    (
        "a value within a value",
        r#"{"kvlistValue":{"values":[{"key":"k","value":{"arrayValue":{"values":[{"boolValue":false}]}}}]}}"#,
    ),
];

pub(super) fn requests() -> Vec<Request> {
    let mut requests = Vec::new();
    for (what, fields) in SPANS {
        let name = format!("JSON/{what}");
        requests.push(json(&name, "/v1/traces", &span_of(&name, fields)));
    }
    for (what, body) in BODIES {
        let name = format!("JSON/{what}");
        let fields = format!(r#""body":{body}"#);
        requests.push(json(&name, "/v1/logs", &log(&name, &fields)));
    }
    requests
}

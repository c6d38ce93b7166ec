//! OTLP/JSON's traps: keys, nulls and what is no JSON.

use super::making::{json, post};
use super::payloads::{BODY, log, resource_logs, span};
use crate::wire::Request;

/// Bodies, made for the name of their request.
type Body = fn(&str) -> String;

const BODIES: &[(&str, Body)] = &[
    ("keys in snake_case", |name| {
        log(name, BODY)
            .replace("resourceLogs", "resource_logs")
            .replace("scopeLogs", "scope_logs")
            .replace("logRecords", "log_records")
    }),
    ("a key of a record in snake_case", |name| {
        log(name, &format!(r#"{BODY},"severity_text":"ERROR""#))
    }),
    ("keys in another case", |name| {
        log(name, &format!(r#"{BODY},"SeverityText":"ERROR""#))
    }),
    ("an unknown key", |name| {
        log(name, &format!(r#"{BODY},"future":"field""#))
    }),
    ("an unknown key with a tree", |name| {
        log(
            name,
            &format!(r#"{BODY},"future":{{"a":[1,{{"b":null}}]}}"#),
        )
    }),
    ("an unknown key at the top", |name| {
        log(name, BODY).replacen('{', r#"{"future":1,"#, 1)
    }),
    ("a key twice", |name| {
        log(
            name,
            &format!(r#"{BODY},"severityText":"one","severityText":"two""#),
        )
    }),
    ("a list twice", |name| {
        let one = log(name, BODY);
        let list = one.trim_start_matches('{').trim_end_matches('}');
        format!("{{{list},{}", one.trim_start_matches('{'))
    }),
    ("a text that is null", |name| {
        log(name, &format!(r#"{BODY},"severityText":null"#))
    }),
    ("a message that is null", |name| {
        log(name, r#""severityText":"one","body":null"#)
    }),
    ("a list that is null", |name| {
        log(name, &format!(r#"{BODY},"attributes":null"#))
    }),
    ("null in a list", |name| resource_logs(name, "{},null")),
    ("a list at the top that is null", |_| {
        r#"{"resourceLogs":null}"#.to_owned()
    }),
    ("a list that is an object", |_| {
        r#"{"resourceLogs":{}}"#.to_owned()
    }),
    ("an object that is a list", |name| {
        log(name, BODY).replace(r#""scope":{"name":"oracle"}"#, r#""scope":[]"#)
    }),
    ("no records", |name| resource_logs(name, "")),
    ("no body", |_| String::new()),
    ("white space", |_| " \n ".to_owned()),
    ("white space around it", |name| {
        format!("\r\n\t {} \n", log(name, BODY))
    }),
    ("null", |_| "null".to_owned()),
    ("a text", |_| r#""hello""#.to_owned()),
    ("a number", |_| "12".to_owned()),
    ("a list", |name| format!("[{}]", log(name, BODY))),
    ("an empty list at the top", |_| "[]".to_owned()),
    ("no JSON", |_| "hello, Collector".to_owned()),
    ("JSON that breaks off", |name| {
        let whole = log(name, BODY);
        whole[..whole.len() - 4].to_owned()
    }),
    ("something after it", |name| {
        format!("{} hello", log(name, BODY))
    }),
    ("another one after it", |name| {
        let other = log(&format!("{name}: the other"), BODY);
        format!("{}\n{other}", log(name, BODY))
    }),
    ("a byte order mark", |name| {
        format!("\u{feff}{}", log(name, BODY))
    }),
    ("a comment", |name| {
        log(name, BODY).replacen('{', "{ /* hello */ ", 1)
    }),
    ("a comma too many", |name| log(name, &format!("{BODY},"))),
    ("single quotes", |name| log(name, BODY).replace('"', "'")),
    ("escapes in a key", |name| {
        log(name, BODY).replace("logRecords", r"\u006cogRecords")
    }),
    ("spans in place of log records", |name| {
        span(name, r#""name":"span""#)
    }),
    ("fifteen thousand levels of an unknown key", |name| {
        let future = format!("{}{}", "[".repeat(15_000), "]".repeat(15_000));
        log(name, &format!(r#"{BODY},"future":{future}"#))
    }),
];

pub(super) fn requests() -> Vec<Request> {
    let mut requests = Vec::new();
    for (what, body) in BODIES {
        let name = format!("JSON/{what}");
        requests.push(json(&name, "/v1/logs", &body(&name)));
    }
    let name = "JSON/text that is not UTF-8";
    let mut body = log(name, r#""severityText":"@@""#).into_bytes();
    let place = body.windows(2).position(|pair| pair == b"@@");
    if let Some(place) = place {
        body[place..place + 2].copy_from_slice(b"\xff\xfe");
    }
    let json_field = [("content-type", "application/json")];
    requests.push(post(name, "/v1/logs", &json_field, &body));
    let name = "JSON/protobuf in place of it";
    let body = super::payloads::log_as_protobuf(name);
    requests.push(post(name, "/v1/logs", &json_field, &body));
    let name = "JSON/in place of protobuf";
    let protobuf_field = [("content-type", "application/x-protobuf")];
    let body = log(name, BODY);
    requests.push(post(name, "/v1/logs", &protobuf_field, body.as_bytes()));
    requests
}

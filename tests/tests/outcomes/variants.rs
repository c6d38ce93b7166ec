//! Every fault of the catalogue, and what can be varied about it.
//!
//! The example of the catalogue gives the action. Each parameter that is one of several words, or a yes or no, is set to
//! each of them; which there are is read from the JSON Schema of the fault. What has no end of values (durations, statuses,
//! counts) has a table here.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use libtest_mimic::Failed;
use otelbox_mock_collector::fault::{FaultDescription, catalog};
use otelbox_mock_collector::{Action, Fault, Protocol};
use serde_json::{Map, Value, json};

/// One action, and how long it lasts.
#[derive(Clone, Debug)]
pub(super) struct Variant {
    /// The fault of the catalogue.
    pub(super) fault: &'static FaultDescription,
    /// What stands under `then:`.
    then: Value,
}

/// How long a fault lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lasts {
    /// It strikes the first attempt; the first request where it strikes before an attempt is known; and whoever connects in
    /// the first half second where it strikes connections.
    Once,
    /// It strikes whatever comes.
    Always,
}

/// How long a fault lasts that strikes connections once.
const FIRST: &str = "500ms";

/// Values that the schema does not list, by the word for the action.
const MORE: &[(&str, &[&str])] = &[
    (
        "grpc",
        &[
            "grpc: 0",
            "grpc: 17",
            "grpc: 99",
            "grpc: { code: UNAVAILABLE, retry_info: 0s }",
            "grpc: { code: UNAVAILABLE, retry_info: 4s }",
            "grpc: { code: UNAVAILABLE, retry_info: -5s }",
            "grpc: { code: UNAVAILABLE, retry_info: 60s }",
            "grpc: { code: UNAVAILABLE, retry_info: malformed }",
            "grpc: { code: UNAVAILABLE, retry_info: not_base64 }",
            "grpc: { code: UNAVAILABLE, framing: after_data }",
            "grpc: { code: UNAVAILABLE, framing: headers_then_trailers }",
            "grpc: { code: INVALID_ARGUMENT, retry_info: 2s }",
            "grpc: { code: RESOURCE_EXHAUSTED, retry_info: 2s }",
            "grpc: RESOURCE_EXHAUSTED",
        ],
    ),
    (
        "http",
        &[
            "http: 301",
            "http: { status: 307, location: \"http://localhost:4318/v1/traces\" }",
            "http: 400",
            "http: 401",
            "http: 408",
            "http: 413",
            "http: 429",
            "http: { status: 429, retry_after: \"4\" }",
            "http: { status: 429, retry_after: \"60\" }",
            "http: 500",
            "http: 502",
            "http: 504",
            "http: { status: 503, retry_after: \"0\" }",
            "http: { status: 503, retry_after: \"-1\" }",
            "http: { status: 503, retry_after: \"soon\" }",
            "http: { status: 503, retry_after: { date_in: 4s } }",
            "http: { status: 503, retry_after: { date_in: -4s } }",
            "http: { status: 400, retry_after: \"2\" }",
        ],
    ),
    ("status", &["status: { grpc: INTERNAL, http: 500 }"]),
    (
        "partial_success",
        &[
            "partial_success: { rejected: 0 }",
            "partial_success: { rejected: 0, message: \"careful\" }",
            "partial_success: { rejected: 10, message: \"all of it\" }",
            "partial_success: { rejected: 1000, message: \"more than there were\" }",
            "partial_success: { rejected: -3, message: \"fewer than none\" }",
        ],
    ),
    (
        "delay",
        &[
            "delay: 9s",
            "delay: 12s",
            "delay: { for: 12s, then: { grpc: UNAVAILABLE, http: 503 } }",
        ],
    ),
    ("large_answer", &["large_answer: { bytes: 65536 }"]),
    (
        "goaway",
        &[
            "goaway: { code: ENHANCE_YOUR_CALM }",
            "goaway: { stream: served }",
        ],
    ),
    (
        "rst_stream",
        &[
            "rst_stream: { code: REFUSED_STREAM }",
            "rst_stream: { code: NO_ERROR }",
        ],
    ),
];

impl Lasts {
    pub(super) const ALL: [Self; 2] = [Self::Once, Self::Always];

    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Always => "always",
        }
    }
}

impl Variant {
    /// The fault, for as long as it is to last.
    pub(super) fn lasting(&self, lasts: Lasts) -> Fault {
        let whens: &[Value] = match lasts {
            Lasts::Always => &[json!({})],
            Lasts::Once => &[
                json!({ "attempt": 1 }),
                json!({ "request": 1 }),
                // Connections that are not had are not counted, so the first of them would be every one.
                json!({ "window": { "to": FIRST } }),
            ],
        };
        whens
            .iter()
            .find_map(|when| {
                let fault = json!({ "when": when, "then": self.then });
                serde_json::from_value(fault).ok()
            })
            .unwrap_or_else(|| panic!("{} can be {}", self.label(), lasts.words()))
    }

    /// Whether it has something to do with requests of this protocol.
    pub(super) fn applies_to(&self, protocol: Protocol) -> bool {
        action(&self.then).is_some_and(|action| action.applies_to(Some(protocol)))
    }

    /// What stands under `then:`, as it is written in a file.
    pub(super) fn label(&self) -> String {
        flow(&self.then)
    }

    /// Whether the receiver has to speak TLS for it.
    pub(super) fn needs_tls(&self) -> bool {
        // An alert is what a client that speaks plain text gets.
        self.fault.name.starts_with("tls_") && self.fault.name != "tls_alert"
    }
}

/// Every variant of every fault, faults in the order of the catalogue.
pub(super) fn all() -> Vec<Variant> {
    let schema = Value::from(schemars::schema_for!(Fault));
    catalog()
        .iter()
        .flat_map(|fault| of(fault, &schema))
        .collect()
}

/// Were the schema written otherwise, variants would be missing and nothing would tell.
pub(super) fn the_schema_is_read() -> Result<(), Failed> {
    const WORDS: &[&str] = &[
        "{ reset: { at: before_body } }",
        "{ close: { at: mid_answer } }",
        "{ lose_acknowledgement: { by: close } }",
        "{ undecodable_answer: { body: truncated } }",
        "{ rst_stream: { code: HTTP_1_1_REQUIRED } }",
        "{ goaway: { stream: served } }",
        "{ grpc: { code: UNAUTHENTICATED, retry_info: 2s } }",
        "{ grpc: { code: UNAVAILABLE, retry_info: 2s, framing: after_data } }",
    ];
    let labels: Vec<String> = all().iter().map(Variant::label).collect();
    match WORDS
        .iter()
        .find(|word| !labels.iter().any(|label| label == *word))
    {
        None => Ok(()),
        Some(word) => Err(format!("{word} is not among the variants: {labels:#?}").into()),
    }
}

/// Every HTTP status that can be answered.
pub(super) fn http_statuses() -> Vec<(u16, Variant)> {
    let fault = otelbox_mock_collector::fault::describe("http").expect("a fault");
    (200..=599)
        .map(|status| {
            let then = json!({ "http": { "status": status } });
            (status, Variant { fault, then })
        })
        .collect()
}

fn of(fault: &'static FaultDescription, schema: &Value) -> Vec<Variant> {
    let example: Value = serde_saphyr::from_str(fault.example).expect("an example in YAML");
    let mut thens = vec![example["then"].clone()];
    thens.extend(varied(fault.name, &example["then"], schema));
    for (_, more) in MORE.iter().filter(|(name, _)| *name == fault.name) {
        thens.extend(more.iter().map(|then| -> Value {
            serde_saphyr::from_str(then).unwrap_or_else(|error| panic!("{then}: {error}"))
        }));
    }
    let mut seen: Vec<Action> = Vec::new();
    let mut variants = Vec::new();
    for then in thens {
        // What the fault itself refuses is none.
        let Some(meant) = action(&then) else { continue };
        // Nor is an interim answer of HTTP before something that only HTTP/2 has: no request is one for it.
        let mut protocols = Protocol::OTLP.into_iter();
        let strikes = protocols.any(|protocol| meant.applies_to(Some(protocol)));
        if strikes && !seen.contains(&meant) {
            seen.push(meant);
            variants.push(Variant { fault, then });
        }
    }
    assert!(!variants.is_empty(), "{} has an example", fault.name);
    variants
}

fn action(then: &Value) -> Option<Action> {
    serde_json::from_value(json!({ "then": then }))
        .ok()
        .map(|fault: Fault| fault.then)
}

/// `then` with each parameter of `name` set to each word that it may be.
fn varied(name: &str, then: &Value, schema: &Value) -> Vec<Value> {
    let given = match then {
        Value::Object(actions) => match actions.get(name) {
            Some(Value::Object(given)) => given.clone(),
            _ => Map::new(),
        },
        _ => Map::new(),
    };
    let mut varied = Vec::new();
    for parameters in parameters(name, schema) {
        for (parameter, schema_of_it) in parameters {
            let mut words = Vec::new();
            words_of(&schema_of_it, schema, &mut words, &mut BTreeSet::new());
            for word in words {
                let mut parameters = given.clone();
                parameters.insert(parameter.clone(), word);
                varied.push(json!({ name: parameters }));
            }
        }
    }
    varied
}

/// The properties of the map that may stand beside the word `name`.
fn parameters(name: &str, schema: &Value) -> Vec<Map<String, Value>> {
    let choices = schema["$defs"]["Action"]["anyOf"]
        .as_array()
        .expect("the schema of an action lists its choices");
    let mut found = Vec::new();
    for choice in choices {
        let choice = resolved(choice, schema);
        if let Some(value) = choice["properties"].get(name) {
            maps_in(value, schema, &mut found);
        }
    }
    found
}

fn maps_in(value: &Value, schema: &Value, found: &mut Vec<Map<String, Value>>) {
    let value = resolved(value, schema);
    if let Some(properties) = value["properties"].as_object() {
        found.push(properties.clone());
    }
    for key in ["anyOf", "oneOf"] {
        for choice in value[key].as_array().into_iter().flatten() {
            maps_in(choice, schema, found);
        }
    }
}

/// The words, and yes and no, that a value may be.
fn words_of(value: &Value, schema: &Value, words: &mut Vec<Value>, seen: &mut BTreeSet<String>) {
    if let Some(reference) = value["$ref"].as_str()
        && !seen.insert(reference.to_owned())
    {
        return;
    }
    let value = resolved(value, schema);
    if value["type"] == "boolean" {
        words.extend([json!(true), json!(false)]);
    }
    if let Some(constant) = value.get("const") {
        words.push(constant.clone());
    }
    words.extend(
        value["enum"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|word| word.is_string())
            .cloned(),
    );
    for key in ["anyOf", "oneOf"] {
        for choice in value[key].as_array().into_iter().flatten() {
            words_of(choice, schema, words, seen);
        }
    }
}

fn resolved<'a>(value: &'a Value, schema: &'a Value) -> &'a Value {
    let Some(reference) = value["$ref"].as_str() else {
        return value;
    };
    let pointer = reference.trim_start_matches('#');
    schema
        .pointer(pointer)
        .expect("a reference that leads somewhere")
}

/// A value in the flow style of YAML.
fn flow(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut text = String::from("{ ");
            for (index, (key, value)) in map.iter().enumerate() {
                let comma = if index == 0 { "" } else { ", " };
                let _ = write!(text, "{comma}{key}: {}", flow(value));
            }
            text + " }"
        }
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(flow).collect();
            format!("[{}]", values.join(", "))
        }
        Value::String(text) => {
            let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./".contains(letter);
            let is_word = text.starts_with(|letter: char| letter.is_ascii_alphabetic());
            let is_time = text.parse::<f64>().is_err()
                && text.starts_with(|letter: char| letter.is_ascii_digit() || letter == '-');
            if (is_word || is_time) && text.chars().all(plain) {
                text.clone()
            } else {
                value.to_string()
            }
        }
        other => other.to_string(),
    }
}

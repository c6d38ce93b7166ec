//! What a client puts on the wire instead of the requests of the reference SDK.

use std::collections::HashSet;
use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use indexmap::IndexMap;
use serde::Deserialize;

use super::Replacement;
use super::formats::{SeriesChange, SpanChange};
use crate::scenario::TextDuration;

/// How its requests differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in super::super) struct Wire {
    /// Only requests whose body came before are changed.
    retries_only: bool,
    /// Only requests with one of these headers are changed. Default: all.
    only_with: Vec<String>,
    /// The method.
    method: Option<String>,
    /// Texts that are replaced in the path.
    path: Vec<Replacement>,
    /// Headers that are set, or with `null` left out.
    headers: IndexMap<String, Option<String>>,
    /// Headers that are set where they are sent at all.
    where_sent: IndexMap<String, String>,
    /// What becomes of the body.
    body: Option<BodyChange>,
    /// What becomes of a body of OTLP/JSON.
    json: Option<JsonChange>,
    /// What becomes of the series of remote write.
    series: Option<SeriesChange>,
    /// What becomes of spans for Zipkin.
    spans: Option<SpanChange>,
    /// Headers of answers that it does not see.
    answers_without: Vec<String>,
    /// Headers of answers that it sees although they are not there.
    answers_with: IndexMap<String, String>,
    /// Statuses of answers that it takes for others.
    answers_as: IndexMap<String, u16>,
    /// What was answered with one of these statuses is sent again at once, and what that is answered counts.
    pub(super) resends: Vec<u16>,
    /// Each request is sent a second time, on a connection of its own, so long after the first.
    pub(super) sends_again_after: Option<TextDuration>,
    /// Each request has a connection of its own.
    pub(super) connection_per_request: bool,
    /// OTLP/HTTP is spoken over HTTP/2.
    pub(super) http2: bool,
}

/// A change of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum BodyChange {
    /// It is compressed, whatever it is.
    Gzip,
    /// Its last byte is missing.
    Cut,
    /// The flag of a gRPC message says the contrary.
    ContraryFlag,
    /// Nothing is in it.
    Empty,
    /// A gRPC request has a second message.
    Twice,
}

/// A change of OTLP/JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum JsonChange {
    /// Ids are Base64, as the JSON of protobuf has it.
    Base64Ids,
    /// Keys are as in the protobuf definition.
    SnakeCase,
}

/// The length of the prefix of a gRPC message: a flag and four bytes of length.
const PREFIX_BYTES: usize = 5;

impl Wire {
    /// Changes a request; `seen` has the bodies that came before.
    pub(super) fn change(
        &self,
        parts: &mut Parts,
        body: Bytes,
        seen: &mut HashSet<Bytes>,
    ) -> Bytes {
        let is_retry = !seen.insert(body.clone());
        let is_meant = self.only_with.is_empty()
            || self
                .only_with
                .iter()
                .any(|name| parts.headers.contains_key(name));
        if !is_meant || (self.retries_only && !is_retry) {
            return body;
        }
        if let Some(method) = self
            .method
            .as_ref()
            .and_then(|name| name.parse::<Method>().ok())
        {
            parts.method = method;
        }
        if !self.path.is_empty() {
            let changed = Replacement::all(&self.path, &parts.uri.to_string());
            if let Ok(uri) = changed.parse() {
                parts.uri = uri;
            }
        }
        for (name, value) in &self.headers {
            let Ok(name) = name.parse::<HeaderName>() else {
                continue;
            };
            match value.as_ref().map(|value| HeaderValue::from_str(value)) {
                Some(Ok(value)) => drop(parts.headers.insert(name, value)),
                Some(Err(_)) => {}
                None => drop(parts.headers.remove(name)),
            }
        }
        for (name, value) in &self.where_sent {
            if let (Some(sent), Ok(value)) =
                (parts.headers.get_mut(name), HeaderValue::from_str(value))
            {
                *sent = value;
            }
        }
        let content_type = parts.headers.get(CONTENT_TYPE);
        let is_json = content_type.is_some_and(|value| value == "application/json");
        let is_grpc =
            content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"));
        let body = match self.json {
            Some(change) if is_json => change.applied(&body).unwrap_or(body),
            _ => body,
        };
        let content_type = parts
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let body = match self.series {
            Some(change) => change.applied(content_type, &body).unwrap_or(body),
            None => body,
        };
        let body = match self.spans {
            Some(change) => change.applied(content_type, &body).unwrap_or(body),
            None => body,
        };
        match self.body {
            Some(change) => change.applied(&body, is_grpc),
            None => body,
        }
    }
}

impl Wire {
    /// Changes the head of an answer.
    pub(super) fn change_answer(&self, status: &mut StatusCode, headers: &mut HeaderMap) {
        for name in &self.answers_without {
            headers.remove(name);
        }
        for (name, value) in &self.answers_with {
            if let (Ok(name), Ok(value)) =
                (name.parse::<HeaderName>(), HeaderValue::from_str(value))
            {
                headers.insert(name, value);
            }
        }
        let other = self.answers_as.get(status.as_str());
        if let Some(other) = other.and_then(|other| StatusCode::from_u16(*other).ok()) {
            *status = other;
        }
    }
}

impl BodyChange {
    fn applied(self, body: &Bytes, is_grpc: bool) -> Bytes {
        let (prefix, message) = if is_grpc && body.len() >= PREFIX_BYTES {
            (body.slice(..PREFIX_BYTES), body.slice(PREFIX_BYTES..))
        } else {
            (Bytes::new(), body.clone())
        };
        let flag = prefix.first().copied().unwrap_or(0);
        let (flag, message) = match self {
            Self::Gzip => (1, gzip(&message)),
            Self::Cut => (flag, message.slice(..message.len().saturating_sub(1))),
            Self::ContraryFlag => (1 - flag.min(1), message),
            Self::Empty => (0, Bytes::new()),
            Self::Twice if is_grpc => return [body.as_ref(), body.as_ref()].concat().into(),
            Self::Twice => (flag, message),
        };
        if prefix.is_empty() {
            return message;
        }
        let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
        let mut framed = vec![flag];
        framed.extend(length.to_be_bytes());
        framed.extend(message);
        framed.into()
    }
}

fn gzip(plain: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(plain);
    encoder.finish().unwrap_or_default().into()
}

impl JsonChange {
    fn applied(self, body: &[u8]) -> Option<Bytes> {
        let mut value: serde_json::Value = serde_json::from_slice(body).ok()?;
        self.walk(&mut value);
        serde_json::to_vec(&value).ok().map(Bytes::from)
    }

    fn walk(self, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(members) => {
                let changed = std::mem::take(members).into_iter().map(|(key, mut value)| {
                    self.walk(&mut value);
                    match self {
                        Self::Base64Ids
                            if matches!(key.as_str(), "traceId" | "spanId" | "parentSpanId") =>
                        {
                            let value = base64_of(&value);
                            (key, value)
                        }
                        Self::Base64Ids => (key, value),
                        Self::SnakeCase => (snake_case(&key), value),
                    }
                });
                *members = changed.collect();
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| self.walk(item)),
            _ => {}
        }
    }
}

/// Base64 of what `value` has in hexadecimal.
fn base64_of(value: &serde_json::Value) -> serde_json::Value {
    let hex = value.as_str().unwrap_or_default();
    let bytes: Vec<u8> = (0..hex.len() / 2)
        .filter_map(|at| u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok())
        .collect();
    BASE64_STANDARD.encode(bytes).into()
}

fn snake_case(key: &str) -> String {
    let mut snake = String::new();
    for letter in key.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

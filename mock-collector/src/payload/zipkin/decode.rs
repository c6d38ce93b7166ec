//! Reading spans, as lenient as Zipkin's server is, and no more.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use prost::Message as _;
use serde::Deserialize;

use super::span::{Annotation, Endpoint, Kind, ListOfSpans, Span};
use crate::payload::PayloadError;

/// How long a trace id is at most, in bytes; one of up to half of that is as long as the half.
const TRACE_ID_BYTES: usize = 16;
/// How long the id of a span is, in bytes.
const SPAN_ID_BYTES: usize = 8;

/// Reads protobuf.
pub(in crate::payload) fn from_protobuf(plain: &[u8]) -> Result<ListOfSpans, PayloadError> {
    let mut list =
        ListOfSpans::decode(plain).map_err(|error| PayloadError::Protobuf(error.to_string()))?;
    for span in &mut list.spans {
        span.trace_id = padded_trace_id(&span.trace_id).map_err(PayloadError::Protobuf)?;
        span.id = padded(&span.id, SPAN_ID_BYTES)
            .filter(|_| !span.id.is_empty())
            .ok_or("no id of a span")
            .map_err(|what| PayloadError::Protobuf(what.to_owned()))?;
        span.parent_id = parent_of(&span.parent_id);
        span.kind = Kind::from_number(span.kind).map_or(0, Kind::number);
        let endpoints = [&mut span.local_endpoint, &mut span.remote_endpoint];
        for endpoint in endpoints.into_iter().flatten() {
            check_endpoint(endpoint).map_err(PayloadError::Protobuf)?;
        }
    }
    Ok(list)
}

/// Reads JSON. No bytes at all are no spans.
pub(in crate::payload) fn from_json(plain: &[u8]) -> Result<ListOfSpans, PayloadError> {
    if plain.is_empty() {
        return Ok(ListOfSpans::default());
    }
    let read: Vec<SpanFields> =
        serde_json::from_slice(plain).map_err(|error| PayloadError::Json(error.to_string()))?;
    let spans: Result<_, String> = read.into_iter().map(SpanFields::span).collect();
    spans
        .map(|spans| ListOfSpans { spans })
        .map_err(PayloadError::Json)
}

/// A span in JSON: `null` is an absent value, and what is not known is ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SpanFields {
    trace_id: Option<String>,
    parent_id: Option<String>,
    id: Option<String>,
    kind: Option<String>,
    name: Option<String>,
    timestamp: Option<u64>,
    duration: Option<u64>,
    local_endpoint: Option<EndpointFields>,
    remote_endpoint: Option<EndpointFields>,
    annotations: Option<Vec<AnnotationFields>>,
    tags: Option<BTreeMap<String, Tag>>,
    debug: Option<bool>,
    shared: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EndpointFields {
    service_name: Option<String>,
    ipv4: Option<String>,
    ipv6: Option<String>,
    port: Option<u16>,
}

/// The value of a tag: a number is taken as the text that it is written as.
#[derive(Deserialize)]
#[serde(untagged)]
enum Tag {
    Text(String),
    Number(serde_json::Number),
}

#[derive(Deserialize)]
struct AnnotationFields {
    timestamp: u64,
    value: String,
}

impl SpanFields {
    fn span(self) -> Result<Span, String> {
        let trace_id = self.trace_id.ok_or("a span without traceId")?;
        let id = self.id.ok_or("a span without id")?;
        let kind = match self.kind {
            None => 0,
            Some(name) => Kind::from_name(&name)
                .ok_or_else(|| format!("unknown kind {name}"))?
                .number(),
        };
        let parent_id = self.parent_id.as_deref().map(unhexed).transpose()?;
        Ok(Span {
            trace_id: padded_trace_id(&unhexed(&trace_id)?)?,
            parent_id: parent_of(&parent_id.unwrap_or_default()),
            id: padded(&unhexed(&id)?, SPAN_ID_BYTES).ok_or("an id that is too long")?,
            kind,
            name: self.name.unwrap_or_default(),
            timestamp: self.timestamp.unwrap_or_default(),
            duration: self.duration.unwrap_or_default(),
            local_endpoint: self.local_endpoint.map(EndpointFields::endpoint),
            remote_endpoint: self.remote_endpoint.map(EndpointFields::endpoint),
            annotations: self
                .annotations
                .unwrap_or_default()
                .into_iter()
                .map(|annotation| Annotation {
                    timestamp: annotation.timestamp,
                    value: annotation.value,
                })
                .collect(),
            tags: self
                .tags
                .unwrap_or_default()
                .into_iter()
                .map(|(key, value)| match value {
                    Tag::Text(text) => (key, text),
                    Tag::Number(number) => (key, number.to_string()),
                })
                .collect(),
            debug: self.debug.unwrap_or_default(),
            shared: self.shared.unwrap_or_default(),
        })
    }
}

impl EndpointFields {
    /// An address that is none is left out, as Zipkin's server does.
    fn endpoint(self) -> Endpoint {
        let ipv4 = self.ipv4.and_then(|text| text.parse::<Ipv4Addr>().ok());
        let ipv6 = self.ipv6.and_then(|text| text.parse::<Ipv6Addr>().ok());
        Endpoint {
            service_name: self.service_name.unwrap_or_default(),
            ipv4: ipv4.map_or_else(Vec::new, |address| address.octets().to_vec()),
            ipv6: ipv6.map_or_else(Vec::new, |address| address.octets().to_vec()),
            port: self.port.unwrap_or_default().into(),
        }
    }
}

/// Leaves out addresses that are none, as Zipkin's server does.
fn check_endpoint(endpoint: &mut Endpoint) -> Result<(), String> {
    if endpoint.ipv4.len() != 4 {
        endpoint.ipv4.clear();
    }
    if endpoint.ipv6.len() != 16 {
        endpoint.ipv6.clear();
    }
    endpoint.port = endpoint.port.max(0);
    if endpoint.port > i32::from(u16::MAX) {
        return Err(format!("invalid port {}", endpoint.port));
    }
    Ok(())
}

/// The bytes of an id in hex, which is in lower case. An odd first digit stands for a byte.
fn unhexed(text: &str) -> Result<Vec<u8>, String> {
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        _ => Err(format!("{text:?} is no id in lower-case hex")),
    };
    let digits: Vec<u8> = text
        .as_bytes()
        .iter()
        .map(digit)
        .collect::<Result<_, _>>()?;
    let (first, pairs) = digits.split_at(digits.len() % 2);
    let bytes = pairs.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]);
    Ok(first.iter().copied().chain(bytes).collect())
}

/// The id of a trace, with zeros before it where it is too short.
fn padded_trace_id(id: &[u8]) -> Result<Vec<u8>, String> {
    let length = if id.len() > SPAN_ID_BYTES {
        TRACE_ID_BYTES
    } else {
        SPAN_ID_BYTES
    };
    padded(id, length)
        .filter(|padded| !is_zero(padded))
        .ok_or_else(|| format!("a trace id of {} bytes, or of zeros", id.len()))
}

/// The id of a parent; none for a root, which may say so by zeros.
fn parent_of(id: &[u8]) -> Vec<u8> {
    padded(id, SPAN_ID_BYTES)
        .filter(|padded| !is_zero(padded))
        .unwrap_or_default()
}

fn is_zero(id: &[u8]) -> bool {
    id.iter().all(|byte| *byte == 0)
}

/// With zeros before it; `None` where it is too long.
fn padded(id: &[u8], length: usize) -> Option<Vec<u8>> {
    let missing = length.checked_sub(id.len())?;
    let mut padded = vec![0; missing];
    padded.extend_from_slice(id);
    Some(padded)
}

//! Spans as Zipkin's JSON.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::{Map, Value};

use super::span::{Endpoint, Kind, ListOfSpans, Span};
use crate::json::{Object, Style};

/// How many nanoseconds a microsecond has.
const MICROSECOND: u64 = 1000;

/// Spans as they stand in the body of a request, with times and ids as `style` writes them.
pub(in crate::payload) fn spans_json(list: &ListOfSpans, style: &mut dyn Style) -> Value {
    list.spans.iter().map(|span| value(span, style)).collect()
}

fn value(span: &Span, style: &mut dyn Style) -> Value {
    let mut object = Object::default();
    object.trace_id(&span.trace_id, style);
    object.span_id("parentId", &span.parent_id, style);
    object.span_id("id", &span.id, style);
    object.text("kind", Kind::from_number(span.kind).map_or("", Kind::name));
    object.text("name", &span.name);
    time(&mut object, span.timestamp, style);
    if span.duration != 0 {
        object.put("duration", span.duration);
    }
    endpoint(&mut object, "localEndpoint", span.local_endpoint.as_ref());
    endpoint(&mut object, "remoteEndpoint", span.remote_endpoint.as_ref());
    object.list("annotations", &span.annotations, |annotation| {
        let mut object = Object::default();
        // Both are there, even where they say nothing: without them it would be none.
        if annotation.timestamp == 0 {
            object.put("timestamp", 0);
        }
        time(&mut object, annotation.timestamp, style);
        object.put("value", annotation.value.as_str());
        object.finish()
    });
    if !span.tags.is_empty() {
        let tags: Map<String, Value> = span
            .tags
            .iter()
            .map(|(key, value)| (key.clone(), value.as_str().into()))
            .collect();
        object.put("tags", tags);
    }
    object.boolean("debug", span.debug);
    object.boolean("shared", span.shared);
    object.finish()
}

fn endpoint(object: &mut Object, key: &str, endpoint: Option<&Endpoint>) {
    let Some(endpoint) = endpoint else {
        return;
    };
    let ipv4: Option<[u8; 4]> = endpoint.ipv4.as_slice().try_into().ok();
    let ipv6: Option<[u8; 16]> = endpoint.ipv6.as_slice().try_into().ok();
    let mut inside = Object::default();
    inside.text("serviceName", &endpoint.service_name);
    inside.text(
        "ipv4",
        &ipv4.map_or_else(String::new, |octets| Ipv4Addr::from(octets).to_string()),
    );
    inside.text(
        "ipv6",
        &ipv6.map_or_else(String::new, |octets| Ipv6Addr::from(octets).to_string()),
    );
    inside.number("port", endpoint.port);
    object.put(key, inside.finish());
}

fn time(object: &mut Object, unix_micro: u64, style: &mut dyn Style) {
    if unix_micro != 0 {
        let unix_nano = unix_micro.saturating_mul(MICROSECOND);
        object.put("timestamp", style.time_as(unix_micro.into(), unix_nano));
    }
}

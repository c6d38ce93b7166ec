//! The messages as JSON.
//!
//! Keys are lowerCamelCase, ids are lowercase hex, addresses are text, and times are numbers. What is empty is left out.
//!
//! Spec: the `OpenAPI` document of Zipkin's API, version 2; Zipkin exporter, "Request Payload" (SHOULD).

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::message::{Annotation, Endpoint, Kind, ListOfSpans, Span};

/// A list of spans.
pub(super) fn json(list: &ListOfSpans) -> Vec<u8> {
    // Writing to memory cannot fail, and every key is a string.
    serde_json::to_vec(&list.spans).unwrap_or_default()
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("traceId", &hex(&self.trace_id))?;
        if !self.parent_id.is_empty() {
            map.serialize_entry("parentId", &hex(&self.parent_id))?;
        }
        map.serialize_entry("id", &hex(&self.id))?;
        if let Some(kind) = name_of(self.kind()) {
            map.serialize_entry("kind", kind)?;
        }
        if !self.name.is_empty() {
            map.serialize_entry("name", &self.name)?;
        }
        if self.timestamp > 0 {
            map.serialize_entry("timestamp", &self.timestamp)?;
        }
        map.serialize_entry("duration", &self.duration)?;
        if let Some(endpoint) = &self.local_endpoint {
            map.serialize_entry("localEndpoint", endpoint)?;
        }
        if let Some(endpoint) = &self.remote_endpoint {
            map.serialize_entry("remoteEndpoint", endpoint)?;
        }
        if !self.annotations.is_empty() {
            map.serialize_entry("annotations", &self.annotations)?;
        }
        if !self.tags.is_empty() {
            map.serialize_entry("tags", &self.tags)?;
        }
        map.end()
    }
}

impl Serialize for Endpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.service_name.is_empty() {
            map.serialize_entry("serviceName", &self.service_name)?;
        }
        if let Ok(bytes) = <[u8; 4]>::try_from(self.ipv4.as_slice()) {
            map.serialize_entry("ipv4", &Ipv4Addr::from(bytes))?;
        }
        if let Ok(bytes) = <[u8; 16]>::try_from(self.ipv6.as_slice()) {
            map.serialize_entry("ipv6", &Ipv6Addr::from(bytes))?;
        }
        if self.port > 0 {
            map.serialize_entry("port", &self.port)?;
        }
        map.end()
    }
}

impl Serialize for Annotation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("timestamp", &self.timestamp)?;
        map.serialize_entry("value", &self.value)?;
        map.end()
    }
}

const fn name_of(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Unspecified => None,
        Kind::Client => Some("CLIENT"),
        Kind::Server => Some("SERVER"),
        Kind::Producer => Some("PRODUCER"),
        Kind::Consumer => Some("CONSUMER"),
    }
}

/// Bytes as lowercase hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to memory cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

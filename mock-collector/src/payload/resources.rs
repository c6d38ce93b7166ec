//! The resources of a payload, for matchers.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};

use super::{Payload, walk};
use crate::signal::{Protocol, Signal};

/// The attributes of the resources of a payload, decoded when first asked for.
#[derive(Clone, Debug)]
pub struct Resources {
    source: Option<(Signal, Protocol, Bytes)>,
    attributes: Arc<OnceLock<Vec<BTreeMap<String, String>>>>,
}

impl Resources {
    /// No resources.
    pub fn none() -> Self {
        Self {
            source: None,
            attributes: Arc::default(),
        }
    }

    /// These resources.
    pub fn known(attributes: Vec<BTreeMap<String, String>>) -> Self {
        Self {
            source: None,
            attributes: Arc::new(OnceLock::from(attributes)),
        }
    }

    /// The resources of this decompressed payload.
    pub fn of(signal: Signal, protocol: Protocol, plain: Bytes) -> Self {
        Self {
            source: Some((signal, protocol, plain)),
            attributes: Arc::default(),
        }
    }

    /// The attributes of each resource; values that are not text are written as JSON would write them.
    pub fn attributes(&self) -> &[BTreeMap<String, String>] {
        self.attributes.get_or_init(|| match &self.source {
            None => Vec::new(),
            // The rest of a protobuf body need not be decoded for them.
            Some((_, Protocol::Grpc | Protocol::HttpProtobuf, plain)) => {
                let resources = walk::resources(plain);
                resources
                    .iter()
                    .map(|resource| attribute_texts(&resource.attributes))
                    .collect()
            }
            // What cannot be decoded was refused before anybody asks.
            Some((
                signal,
                protocol @ (Protocol::HttpJson
                | Protocol::RemoteWrite1
                | Protocol::RemoteWrite2
                | Protocol::ZipkinJson
                | Protocol::ZipkinProtobuf),
                plain,
            )) => Payload::decode(*signal, *protocol, plain)
                .map(|payload| payload.resources())
                .unwrap_or_default(),
        })
    }

    /// Whether one resource has all of these.
    pub fn any_has(&self, wanted: &BTreeMap<String, String>) -> bool {
        self.attributes().iter().any(|present| {
            wanted
                .iter()
                .all(|(key, value)| present.get(key) == Some(value))
        })
    }
}

/// Attributes as text; values that are not text are written as they are, arrays and maps in OTLP/JSON.
pub(crate) fn attribute_texts(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    attributes
        .iter()
        .map(|attribute| (attribute.key.clone(), text(attribute.value.as_ref())))
        .collect()
}

fn text(value: Option<&AnyValue>) -> String {
    let Some(value) = value else {
        return String::new();
    };
    match &value.value {
        None => String::new(),
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::BoolValue(value)) => value.to_string(),
        Some(Value::IntValue(value)) => value.to_string(),
        Some(Value::DoubleValue(value)) => value.to_string(),
        _ => crate::json::any_value_text(value),
    }
}

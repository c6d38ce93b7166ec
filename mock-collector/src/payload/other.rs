//! Payloads of protocols other than OTLP.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message;
use serde_json::Value;

use super::{Payload, PayloadError, remote_write, zipkin};
use crate::json::Style;

impl Payload {
    /// A request of remote write 1.0.
    pub(super) fn from_write_request(plain: &[u8]) -> Result<Self, PayloadError> {
        protobuf(plain).map(Self::RemoteWrite1)
    }

    /// A request of remote write 2.0, all of whose references lead somewhere.
    pub(super) fn from_request(plain: &[u8]) -> Result<Self, PayloadError> {
        let request: remote_write::v2::Request = protobuf(plain)?;
        match request.broken_reference() {
            Some(broken) => Err(PayloadError::Protobuf(broken)),
            None => Ok(Self::RemoteWrite2(request)),
        }
    }

    /// As JSON; null for what is OTLP.
    pub(crate) fn other_json(&self, style: &mut dyn Style) -> Value {
        match self {
            Self::RemoteWrite1(request) => remote_write::write_request_json(request, style),
            Self::RemoteWrite2(request) => remote_write::request_json(request, style),
            Self::Zipkin(list) => zipkin::spans_json(list, style),
            Self::Metrics(_) | Self::Traces(_) | Self::Logs(_) | Self::Profiles { .. } => {
                Value::Null
            }
        }
    }

    /// What is known of the resources of what is no OTLP: of a span, the name of its service.
    pub(super) fn other_resources(&self) -> Vec<BTreeMap<String, String>> {
        let Self::Zipkin(list) = self else {
            return Vec::new();
        };
        let services: BTreeSet<&str> = list
            .spans
            .iter()
            .filter_map(|span| span.local_endpoint.as_ref())
            .map(|endpoint| endpoint.service_name.as_str())
            .collect();
        let attributes =
            |service: &str| BTreeMap::from([("service.name".to_owned(), service.to_owned())]);
        services.into_iter().map(attributes).collect()
    }
}

fn protobuf<M: Message + Default>(plain: &[u8]) -> Result<M, PayloadError> {
    M::decode(plain).map_err(|error| PayloadError::Protobuf(error.to_string()))
}

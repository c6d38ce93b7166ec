//! The table of requests.

mod compression;
mod grpc_calls;
mod grpc_heads;
mod http_bodies;
mod http_heads;
mod json_ids;
mod json_numbers;
mod json_shapes;
mod making;
mod payloads;
mod protobuf;
mod valid;

pub(crate) use payloads::NAME_ATTRIBUTE;

use crate::wire::Request;

/// Every request, in the order in which the page shows them.
pub(crate) fn all() -> Vec<Request> {
    [
        valid::requests(),
        protobuf::requests(),
        json_numbers::requests(),
        json_ids::requests(),
        json_shapes::requests(),
        compression::requests(),
        http_heads::requests(),
        http_bodies::requests(),
        grpc_heads::requests(),
        grpc_calls::requests(),
    ]
    .concat()
}

/// What is sent last of all: when a Collector has exported it, it has exported everything before it.
pub(crate) fn last() -> Request {
    making::json(
        LAST,
        "/v1/logs",
        &payloads::log(LAST, r#""severityNumber":9"#),
    )
}

/// The name of the last request.
pub(crate) const LAST: &str = "the last one";

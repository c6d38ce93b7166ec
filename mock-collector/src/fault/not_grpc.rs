//! An answer to a gRPC call that is no gRPC.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::http::header_value;
use super::{InvalidFault, checked};

/// An answer to a gRPC call as a proxy, a load balancer or a web server gives it: an HTTP status, a body, no `grpc-status`.
///
/// The payload is not taken, whatever the status. Requests over HTTP are not matched: they go on to the next fault.
///
/// Spec: grpc/grpc `doc/http-grpc-status-mapping.md`: 429, 502, 503 and 504 are `UNAVAILABLE` to the client, 401
/// `UNAUTHENTICATED`, 403 `PERMISSION_DENIED`, 404 `UNIMPLEMENTED`, 400 `INTERNAL`, others (200 too) `UNKNOWN`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NotGrpc {
    /// The HTTP status, 200 to 599; default 502.
    #[schemars(range(min = 200, max = 599))]
    pub status: u16,
    /// The content type, or null for none; default `text/html`.
    pub content_type: Option<String>,
    /// The body; default a page that names the status. An empty one is none: the head ends the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

impl NotGrpc {
    pub(crate) fn validate(&self) -> Result<(), InvalidFault> {
        checked::final_status("not_grpc.status", self.status)?;
        self.content_type
            .as_deref()
            .map_or(Ok(()), |text| header_value("not_grpc.content_type", text))
    }
}

impl Default for NotGrpc {
    fn default() -> Self {
        Self {
            status: 502,
            content_type: Some("text/html".to_owned()),
            body: None,
        }
    }
}

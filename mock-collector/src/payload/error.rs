//! Why there is no payload.

use serde::{Deserialize, Serialize};

/// Why an exchange has no payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PayloadError {
    /// The request is no export.
    #[error("the request is no export")]
    NoExport,
    /// The journal's budget made it go.
    #[error("the payload was evicted by the journal's budget")]
    Evicted,
    /// Its body could not be used.
    #[error("{0}")]
    Body(String),
    /// It is no protobuf message of the right kind.
    #[error("no such protobuf message: {0}")]
    Protobuf(String),
    /// It is no JSON message of the right kind.
    #[error("no such JSON message: {0}")]
    Json(String),
}

//! What a decision may look at.

use std::time::Duration;

use http::HeaderMap;

use crate::payload::Resources;
use crate::signal::{Protocol, Signal};

/// What a decision may look at: the request, its place among the others, and, once it has been read, its body.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The signal, or `None` where the path is that of no export.
    pub signal: Option<Signal>,
    /// The protocol, or `None` where the content type is that of none.
    pub protocol: Option<Protocol>,
    /// The path without its query.
    pub path: &'a str,
    /// Headers, or gRPC metadata.
    pub headers: &'a HeaderMap,
    /// The ordinal of the connection, 1-based.
    pub connection: u64,
    /// When the headers were complete, since the collector started.
    pub at: Duration,
    /// The ordinal of the request among those of its signal, 1-based.
    pub request: u64,
    /// What the body tells, or `None` before it was read.
    pub body: Option<BodyFacts<'a>>,
}

/// What a body tells.
#[derive(Clone, Copy, Debug)]
pub struct BodyFacts<'a> {
    /// The ordinal of the export among those of its signal, 1-based; `None` for a request that is no export.
    pub export: Option<u64>,
    /// The attempt of that export, 1-based.
    pub attempt: u32,
    /// Its items: data points, spans, log records or profiles; 0 where it is no export.
    pub items: u64,
    /// Its length in bytes, decompressed and without framing; 0 where it could not be decompressed.
    pub bytes: u64,
    /// The resources of the payload, decoded when a matcher asks.
    pub resources: &'a Resources,
}

//! The journal as data for a snapshot: the types.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::completion::End;
use super::connection::{ConnectionEvent, Port};
use crate::fault::Action;
use crate::payload::Encoding;
use crate::signal::{Protocol, Signal};

/// An entry of the journal as it stands in a snapshot.
///
/// Values, counts, statuses, attempts and content types are as they were. Times are relative to the start of the
/// collector: exact to the millisecond where the wall clock is virtual, else only their order (`[1]`, `[2]`, ...). Trace
/// and span ids are numbered by their first appearance. Attributes and streams are in canonical order.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum NormalizedEntry {
    /// Something that happened to a connection.
    Connection(NormalizedConnection),
    /// A request and its answer.
    Exchange(Box<NormalizedExchange>),
    /// What is missing before the entries that follow.
    Evicted {
        /// In words.
        evicted: String,
    },
}

/// Something that happened to a connection.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NormalizedConnection {
    /// When.
    pub at: String,
    /// The connection, 1-based.
    pub connection: u64,
    /// The port.
    pub port: Port,
    /// What happened.
    pub event: ConnectionEvent,
    /// The names of the faults that made it happen, where faults did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
}

/// A request and its answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NormalizedExchange {
    /// When its headers were complete.
    pub at: String,
    /// The connection, 1-based.
    pub connection: u64,
    /// The signal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<Signal>,
    /// The protocol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Protocol>,
    /// The export, 1-based for each signal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export: Option<u64>,
    /// The attempt of that export, 1-based.
    pub attempt: u32,
    /// What the client sent.
    pub request: NormalizedRequest,
    /// The fault that matched and what it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<NormalizedFault>,
    /// What became of it at the upstream, where it was forwarded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
    /// What was sent back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<NormalizedAnswer>,
    /// How it ended; absent while it has not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
}

/// What the client sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NormalizedRequest {
    /// The method.
    pub method: String,
    /// The request target.
    pub target: String,
    /// Headers in order of their names, without those that are of no account (`host`, `user-agent`, lengths, ...).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// How the body was compressed.
    #[serde(skip_serializing_if = "is_identity")]
    pub encoding: Encoding,
    /// Data points, spans, log records or profiles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<u64>,
    /// Whether the client sent all of it.
    #[serde(skip_serializing_if = "is_true")]
    pub complete: bool,
    /// Why the body cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The payload as JSON, or `same as attempt 1` for a retry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
}

/// The fault that matched.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NormalizedFault {
    /// Its name.
    pub name: String,
    /// What it did.
    pub then: Action,
}

/// What was sent back.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NormalizedAnswer {
    /// The HTTP status.
    pub http: u16,
    /// The gRPC status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grpc: Option<String>,
    /// The text of the status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Headers and trailers that a client acts on: `content-type`, `retry-after`, `location`, and how much was written.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Length of the body in bytes.
    #[serde(skip_serializing_if = "is_zero")]
    pub body_bytes: usize,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
fn is_identity(encoding: &Encoding) -> bool {
    *encoding == Encoding::Identity
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
fn is_true(value: &bool) -> bool {
    *value
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
fn is_zero(value: &usize) -> bool {
    *value == 0
}

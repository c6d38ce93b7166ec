//! Something that happened to a connection, as it is written.

use schemars::JsonSchema;
use serde::Serialize;

use crate::journal::{ConnectionEvent, ConnectionRecord, Port};

/// Something that happened to a connection.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ConnectionEntry")]
pub(in crate::control) struct ConnectionView {
    /// Its place in the journal, 1-based.
    place: u64,
    /// When, in seconds since the receiver started.
    at_seconds: f64,
    /// The ordinal of the connection, 1-based, over both ports.
    connection: u64,
    /// The port.
    port: Port,
    /// What happened.
    event: ConnectionEvent,
}

impl ConnectionView {
    pub(in crate::control) fn new(place: u64, record: &ConnectionRecord) -> Self {
        Self {
            place,
            at_seconds: record.at.as_secs_f64(),
            connection: record.connection,
            port: record.port,
            event: record.event.clone(),
        }
    }
}

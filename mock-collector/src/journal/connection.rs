//! What happens to connections.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decide::FaultRef;

/// One of the collector's two ports.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Port {
    /// OTLP/gRPC, by convention 4317.
    Grpc,
    /// OTLP/HTTP, by convention 4318.
    Http,
}

impl Port {
    /// Both ports.
    pub const ALL: [Self; 2] = [Self::Grpc, Self::Http];
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Grpc => "grpc",
            Self::Http => "http",
        })
    }
}

/// Something that happened to a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConnectionRecord {
    /// When, since the collector started.
    pub at: Duration,
    /// The ordinal of the connection, 1-based, over both ports.
    pub connection: u64,
    /// The port.
    pub port: Port,
    /// What happened.
    pub event: ConnectionEvent,
    /// The faults that made it happen, where faults did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultRef>,
}

/// What happens to a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionEvent {
    /// It was accepted.
    Opened,
    /// It was refused. (A listener that is down does not see who is refused; in memory every refusal is seen.)
    Refused,
    /// It was neither accepted nor refused. (Over TCP the kernel drops who knocks, and nobody sees it; in memory it is seen.)
    Swallowed,
    /// Faults do something to it from now on, for as long as it lives: those that the record names.
    Shaped,
    /// It ended in good order.
    Closed {
        /// Who ended it.
        by: Peer,
    },
    /// It was reset.
    Reset {
        /// Who reset it.
        by: Peer,
    },
    /// TLS was agreed on.
    Secured(SecuredConnection),
    /// TLS was not agreed on: the alert that the client sent, or what was wrong with what it sent.
    HandshakeFailed(String),
    /// The client spoke plain text where TLS is spoken: the beginning of what it sent.
    PlainText(String),
    /// The peer broke the protocol.
    ProtocolError(String),
    /// Bytes that were passed to an upstream and from it (`tcp://`), told when the connection ends.
    Relayed {
        /// The upstream.
        upstream: String,
        /// Bytes from the client to the upstream.
        to_upstream_bytes: u64,
        /// Bytes from the upstream to the client.
        to_client_bytes: u64,
    },
    /// The upstream to which the connection is passed on (`tcp://`) could not be reached, or broke its connection off.
    UpstreamFailed(String),
}

/// What both sides of a TLS connection agreed on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SecuredConnection {
    /// The protocol above TLS, where the client named one.
    pub alpn: Option<String>,
    /// The client's name, where it showed a certificate.
    pub client: Option<String>,
}

/// An end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Peer {
    /// The client.
    Client,
    /// The collector.
    Collector,
}

/// The event, and the faults that made it happen.
impl fmt::Display for ConnectionRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.event.fmt(f)?;
        for (index, fault) in self.faults.iter().enumerate() {
            let before = if index == 0 { " by " } else { ", " };
            write!(f, "{before}{}", fault.name)?;
        }
        Ok(())
    }
}

impl fmt::Display for ConnectionEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened => f.write_str("opened"),
            Self::Refused => f.write_str("refused"),
            Self::Swallowed => f.write_str("neither accepted nor refused"),
            Self::Shaped => f.write_str("shaped"),
            Self::Closed { by } => write!(f, "closed by the {by}"),
            Self::Reset { by } => write!(f, "reset by the {by}"),
            Self::Secured(secured) => write!(f, "secured: {secured}"),
            Self::HandshakeFailed(reason) => write!(f, "TLS handshake failed: {reason}"),
            Self::PlainText(text) => write!(f, "plain text where TLS is spoken: {text}"),
            Self::ProtocolError(reason) => write!(f, "protocol error: {reason}"),
            Self::Relayed {
                upstream,
                to_upstream_bytes,
                to_client_bytes,
            } => write!(
                f,
                "passed {to_upstream_bytes} bytes to {upstream} and {to_client_bytes} back"
            ),
            Self::UpstreamFailed(reason) => write!(f, "upstream {reason}"),
        }
    }
}

impl fmt::Display for SecuredConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { alpn, client } = self;
        f.write_str(alpn.as_deref().unwrap_or("no ALPN"))?;
        match client {
            Some(client) => write!(f, ", {client}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Client => "client",
            Self::Collector => "collector",
        })
    }
}

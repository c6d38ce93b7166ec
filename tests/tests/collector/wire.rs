//! What is sent: the same bytes to whoever is asked.

use bytes::Bytes;
use otelbox_mock_collector::Port;

/// One request of the table.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Its name: the group, a slash, what is special about it.
    pub(crate) name: String,
    pub(crate) port: Port,
    pub(crate) wire: Wire,
}

/// A request as it goes over a connection of its own.
#[derive(Clone, Debug)]
pub(crate) enum Wire {
    /// Bytes.
    Raw {
        bytes: Bytes,
        /// Whether the client says, when it has sent them, that no more will come.
        ends: bool,
        /// Whether an answer has no body, whatever its head says.
        is_head: bool,
    },
    /// A stream of HTTP/2, without TLS and without an upgrade.
    Http2 {
        head: Box<http::Request<()>>,
        body: Bytes,
        /// Whether the client sends it to its end.
        ends: bool,
    },
}

/// The field by which a receiver's journal tells which request it was.
pub(crate) const NAME_FIELD: &str = "x-request";

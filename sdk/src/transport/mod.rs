//! One attempt on the wire: connections, requests, answers.
//!
//! [`OtlpClient`] encodes once and makes single attempts; it never sends a request twice by itself. [`Connector`] is the
//! seam below it: where its connections come from.

mod answer;
mod background;
mod client;
mod connect;
mod failure;
mod grpc;
mod grpc_status;
mod http;
mod insight;
mod overheard;
mod partial_success;
mod secrets;
mod tls;

pub(crate) use client::ClientParts;
pub use client::{EncodedRequest, OtlpClient};
pub use connect::{BoxedStream, Connector, Stream, Target, TcpConnector};
pub(crate) use grpc_status::http_status_of;
pub use tls::{ClientIdentity, PemSource};
pub(crate) use tls::{Credentials, Identity, NamedPem};

//! One attempt on the wire: connections, requests, answers.
//!
//! [`OtlpClient`] encodes once and makes single attempts; it never sends a request twice by itself. [`Connector`] is the
//! seam below it: where its connections come from.
#![cfg_attr(
    not(any(feature = "grpc", feature = "http")),
    expect(dead_code, reason = "without a protocol nothing can be sent")
)]

#[cfg(any(feature = "grpc", feature = "http"))]
mod answer;
#[cfg(any(feature = "grpc", feature = "http"))]
mod background;
mod client;
mod connect;
#[cfg(any(feature = "grpc", feature = "http"))]
mod failure;
#[cfg_attr(not(feature = "grpc"), path = "absent/grpc.rs")]
mod grpc;
#[cfg(feature = "grpc")]
mod grpc_status;
#[cfg_attr(not(feature = "gzip"), path = "absent/gzip.rs")]
mod gzip;
#[cfg_attr(not(feature = "http"), path = "absent/http.rs")]
mod http;
#[cfg(any(feature = "grpc", feature = "http"))]
#[cfg_attr(not(feature = "grpc"), path = "absent/http2.rs")]
mod http2;
mod http_as_grpc;
mod insight;
#[cfg(any(feature = "grpc", feature = "http"))]
mod overheard;
#[cfg(any(feature = "grpc", feature = "http"))]
mod partial_success;
mod pem;
#[cfg(feature = "http")]
mod post;
mod secrets;
mod sent;
#[cfg_attr(not(feature = "tls"), path = "absent/tls.rs")]
mod tls;
mod tls_variables;

pub(crate) use client::ClientParts;
pub use client::{EncodedRequest, OtlpClient};
#[cfg(feature = "http-formats")]
pub(crate) use client::{names_of, user_agent};
#[cfg(feature = "http-formats")]
pub(crate) use connect::Dialer;
pub use connect::{BoxedStream, Connector, Stream, Target, TcpConnector};
#[cfg(feature = "zipkin")]
pub(crate) use gzip::compress;
pub(crate) use http_as_grpc::http_status_of;
pub use pem::{ClientIdentity, PemSource};
#[cfg(feature = "http-formats")]
pub(crate) use post::Poster;
#[cfg(feature = "http-formats")]
pub(crate) use secrets::Secrets;
pub(crate) use sent::Sent;
pub(crate) use tls::Credentials;
#[cfg(feature = "tls")]
pub(crate) use tls::{Identity, NamedPem};
pub(crate) use tls_variables::TlsVariables;

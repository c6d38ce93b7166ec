//! Serving: what happens on a connection between its first byte and its last.
//!
//! OTLP/gRPC runs on the crate `h2`, OTLP/HTTP on `hyper` for HTTP/1.1 and on `h2` for HTTP/2. There is no framework in
//! between, because a fault must be able to reset a stream, stop within an answer or leave out a frame, and because the
//! journal tells a stream that the client reset from a connection that broke. That costs less CPU, too.

mod accept;
mod connection;
mod http1;
mod http2;
mod http2_answer;
mod http2_faults;
mod intake;
mod outbox;

pub(crate) use accept::{AcceptLoop, Command};

//! What the collector does on the wire, seen by raw clients: the crate `h2` and plain bytes, over TCP and in memory.
#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod bad_input;
mod connections;
mod grpc;
mod http;
mod http2_faults;
mod lifecycle;
mod long_answers;
mod support;
mod switches;
mod tls;
mod virtual_time;

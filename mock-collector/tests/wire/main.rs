//! What the collector does on the wire, seen by raw clients: the crate `h2` and plain bytes, over TCP and in memory.
#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod bad_input;
mod composition;
mod connections;
mod ends_of_answers;
mod false_answers;
mod forward;
mod frames;
mod grpc;
mod http;
mod http2_faults;
mod http2_frames;
mod lifecycle;
mod long_answers;
mod remote_write;
mod support;
mod switches;
mod tls;
mod tls_faults;
mod transport_faults;
mod virtual_time;
mod zipkin;

//! Clients that mean no good, byte by byte and frame by frame, over TCP and in memory: their connection may end, the
//! collector goes on.
#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod frames;
mod http1;
mod http2;
#[path = "../wire/support.rs"]
#[expect(dead_code, reason = "shared with other tests, which need all of it")]
mod support;

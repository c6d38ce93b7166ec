//! Many connections at once, over real sockets: what is left of them, and what others notice of them.
//!
//! Sockets, tasks and memory of this process are counted, so the tests run one after another.
#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]
#![cfg(target_os = "linux")]

#[path = "../hostile/frames.rs"]
#[expect(dead_code, reason = "shared with other tests, which need all of it")]
mod frames;
#[path = "../wire/support.rs"]
#[expect(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "shared with other tests, which need all of it"
)]
mod support;

mod connections;
mod process;
mod slow_clients;

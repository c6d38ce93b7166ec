//! Why the demo could not do what it was asked for.

use std::error::Error as _;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::net::SocketAddr;

use otelbox_sdk::ConfigError;

use crate::client::ClientError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    #[error("cannot start a runtime")]
    Runtime(#[source] io::Error),
    #[error("cannot set up the telemetry")]
    Telemetry(#[from] ConfigError),
    #[error("cannot listen on {address}")]
    Listen {
        address: SocketAddr,
        #[source]
        cause: io::Error,
    },
    #[error("cannot wait for SIGTERM")]
    Signal(#[source] io::Error),
    #[error("cannot serve")]
    Serve(#[source] io::Error),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("cannot write to standard output")]
    Output(#[source] io::Error),
}

/// Prints what went wrong, the whole chain of it, to standard error.
pub(crate) fn print(error: &DemoError) {
    let mut text = format!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string cannot fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text.push('\n');
    // Where standard error is gone, there is nobody to tell.
    let _ = io::stderr().write_all(text.as_bytes());
}

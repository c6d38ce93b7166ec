//! What is forwarded, and where to, as the command line has it.

use std::fs;

use otelbox_mock_collector::{Forward, Upstream};

use crate::cli::arguments::Serve;
use crate::cli::error::CliError;

/// The ways to the upstream, where there is one.
pub(super) fn of(arguments: &Serve) -> Result<Option<Forward>, CliError> {
    let Some(upstream) = &arguments.forward else {
        return Ok(None);
    };
    let mut forward = Forward::to(upstream.clone());
    if let Some(http) = &arguments.forward_http {
        forward = forward.http(http.clone());
    }
    if let Some(path) = &arguments.forward_ca {
        let pem = fs::read_to_string(path).map_err(|cause| CliError::Authorities {
            path: path.clone(),
            cause,
        })?;
        forward = forward.authorities(pem);
    }
    Ok(Some(forward))
}

/// Where each port forwards to, as it is shown behind its address.
pub(super) fn arrows(arguments: &Serve) -> [String; 2] {
    let Some(grpc) = &arguments.forward else {
        return [String::new(), String::new()];
    };
    let http = arguments
        .forward_http
        .clone()
        .unwrap_or_else(|| grpc.for_http());
    [grpc, &http].map(|upstream: &Upstream| format!("  -> {upstream}"))
}

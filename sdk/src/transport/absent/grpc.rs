//! In place of attempts over gRPC, where they were left out.

use std::convert::Infallible;
use std::future::Ready;

use bytes::Bytes;
use http::HeaderMap;

use super::connect::Dialer;
use super::sent::Sent;
use crate::compression::Compression;
use crate::config_error::ConfigError;
use crate::endpoint::Endpoint;
use crate::export::{AttemptResult, Deadline};
use crate::protocol::Protocol;
use crate::signal::Signal;

/// As with gRPC.
pub(crate) const FRAME_PREFIX_BYTES: usize = 5;

/// There is none.
pub(crate) struct GrpcTransport(Infallible);

impl GrpcTransport {
    /// Fails.
    pub(crate) fn new(
        _dialer: Dialer,
        _endpoint: &Endpoint,
        _signal: Signal,
        _headers: HeaderMap,
        _compression: Compression,
        _max_response_bytes: usize,
    ) -> Result<Self, ConfigError> {
        let protocol = Protocol::Grpc;
        Err(protocol
            .feature()
            .missing_for(format_args!("protocol {protocol}")))
    }

    pub(crate) fn attempt(
        &self,
        _frame: Bytes,
        _deadline: Deadline,
        _sent: &Sent,
    ) -> Ready<AttemptResult> {
        match self.0 {}
    }

    pub(crate) const fn disconnect(&self) {
        match self.0 {}
    }
}

//! In place of attempts over HTTP, where they were left out.

use std::convert::Infallible;
use std::future::Ready;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;

use super::connect::Dialer;
use super::sent::Sent;
use crate::clock::Clock;
use crate::compression::Compression;
use crate::config_error::ConfigError;
use crate::endpoint::Endpoint;
use crate::export::AttemptResult;
use crate::protocol::Protocol;

/// There is none.
pub(crate) struct HttpTransport(Infallible);

impl HttpTransport {
    /// Fails.
    pub(crate) fn new(
        _dialer: Dialer,
        _endpoint: &Endpoint,
        protocol: Protocol,
        _headers: HeaderMap,
        _compression: Compression,
        _clock: Arc<dyn Clock>,
        _max_response_bytes: usize,
    ) -> Result<Self, ConfigError> {
        Err(protocol
            .feature()
            .missing_for(format_args!("protocol {protocol}")))
    }

    pub(crate) fn attempt(&self, _body: Bytes, _sent: &Sent) -> Ready<AttemptResult> {
        match self.0 {}
    }

    pub(crate) const fn disconnect(&self) {
        match self.0 {}
    }
}

//! In place of TLS, where it was left out.

use std::sync::Arc;

use crate::clock::Clock;
use crate::config_error::ConfigError;
use crate::features::TLS;
use crate::protocol::Protocol;
use crate::transport::{ClientIdentity, Credentials, PemSource, TlsVariables};

/// Fails: it never falls back to plain text.
pub(crate) fn tls(
    _protocol: Option<Protocol>,
    _authority: Option<PemSource>,
    _identity: Option<ClientIdentity>,
    _variables: TlsVariables,
    _clock: &Arc<dyn Clock>,
) -> Result<Credentials, ConfigError> {
    Err(TLS.missing_for("https"))
}

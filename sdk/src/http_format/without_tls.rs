//! In place of TLS, where it was left out.

use std::sync::Arc;

use crate::clock::Clock;
use crate::config_error::ConfigError;
use crate::features::TLS;
use crate::transport::{ClientIdentity, Credentials, PemSource};

/// Fails: it never falls back to plain text.
pub(super) fn tls(
    _authority: Option<PemSource>,
    _identity: Option<ClientIdentity>,
    _clock: &Arc<dyn Clock>,
) -> Result<Credentials, ConfigError> {
    Err(TLS.missing_for("https"))
}

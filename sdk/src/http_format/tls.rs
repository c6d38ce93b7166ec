//! What code says about TLS.

use std::sync::Arc;

use crate::clock::Clock;
use crate::config_error::ConfigError;
use crate::transport::{ClientIdentity, Credentials, Identity, NamedPem, PemSource};

/// How TLS is spoken: with these authorities, or those of the system, and as this client, or nobody.
pub(super) fn tls(
    authority: Option<PemSource>,
    identity: Option<ClientIdentity>,
    clock: &Arc<dyn Clock>,
) -> Result<Credentials, ConfigError> {
    Credentials::new(
        None,
        authority.map(NamedPem::in_code),
        identity.map(Identity::from),
        Arc::clone(clock),
    )
}

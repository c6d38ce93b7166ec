//! The header `Authorization`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::config_error::ConfigError;

/// A name and a password.
///
/// Spec: RFC 7617, "The 'Basic' Authentication Scheme" (a name with a colon MUST NOT be).
pub(super) fn basic(name: &str, password: &str) -> Result<String, ConfigError> {
    if name.contains(':') {
        return Err(ConfigError::Header {
            name: "authorization".to_owned(),
            reason: "the name of a user has no colon",
        });
    }
    let encoded = STANDARD.encode(format!("{name}:{password}"));
    Ok(format!("Basic {encoded}"))
}

/// A token.
///
/// Spec: RFC 6750, "Authorization Request Header Field".
pub(super) fn bearer(token: &str) -> Result<String, ConfigError> {
    if token.is_empty() {
        return Err(ConfigError::Header {
            name: "authorization".to_owned(),
            reason: "the token is empty",
        });
    }
    Ok(format!("Bearer {token}"))
}

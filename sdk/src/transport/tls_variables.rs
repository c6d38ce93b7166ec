//! The files for TLS that the environment names.

use std::path::PathBuf;

/// The files for TLS that the environment names: each a variable, and what it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "http-formats"),
    expect(unreachable_pub, reason = "only formats other than OTLP show it")
)]
pub struct TlsVariables {
    /// The authorities that the receiver is verified with.
    pub(crate) certificate: Option<(String, PathBuf)>,
    /// The certificate of the client.
    pub(crate) client_certificate: Option<(String, PathBuf)>,
    /// Its key.
    pub(crate) client_key: Option<(String, PathBuf)>,
}

//! Certificates and keys, as they are given.

use std::fmt;
use std::path::PathBuf;

/// Certificates or a key, in PEM.
#[derive(Clone, PartialEq, Eq)]
pub enum PemSource {
    /// A file. It is read when the exporter is built, and again for each new connection: what is new in it is taken up,
    /// and where it cannot be used (half written, or a key that does not fit yet) the last that could be used stays.
    File(PathBuf),
    /// The PEM text itself.
    Text(Vec<u8>),
}

/// Shows no text: it may be a key.
impl fmt::Debug for PemSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Text(_) => f.debug_tuple("Text").finish_non_exhaustive(),
        }
    }
}

/// Who the client is, for receivers that ask (mutual TLS).
///
/// Spec: OTLP exporter, "Client key file" and "Client certificate file".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientIdentity {
    /// The client's certificate, and those between it and an authority that the receiver trusts.
    pub certificate: PemSource,
    /// The client's private key: PKCS#8, PKCS#1 or SEC1, not encrypted.
    pub key: PemSource,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_not_shown() {
        let text = PemSource::Text(b"secret".to_vec());
        assert_eq!(format!("{text:?}"), "Text(..)");
    }
}

//! TLS: whom to trust, and who the client is.

use std::borrow::Cow;
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::config_error::ConfigError;
use crate::protocol::Protocol;

/// Certificates or a key, in PEM.
#[derive(Clone, PartialEq, Eq)]
pub enum PemSource {
    /// A file. It is read when the exporter is built.
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

impl PemSource {
    fn read(&self) -> Result<Cow<'_, [u8]>, ConfigError> {
        match self {
            Self::Text(text) => Ok(Cow::Borrowed(text)),
            Self::File(path) => {
                fs::read(path)
                    .map(Cow::Owned)
                    .map_err(|source| ConfigError::CertificateFile {
                        path: path.clone(),
                        source,
                    })
            }
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

/// How TLS is spoken for `protocol`: with `authority` as the only roots, or those of the system where there is none, and
/// with `identity` where the receiver asks for one.
pub(crate) fn client_config(
    protocol: Protocol,
    authority: Option<&PemSource>,
    identity: Option<&ClientIdentity>,
) -> Result<Arc<ClientConfig>, ConfigError> {
    let roots = match authority {
        Some(authority) => given_roots(authority)?,
        None => system_roots()?,
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid(error.to_string()))?
        .with_root_certificates(roots);
    let mut config = match identity {
        None => config.with_no_client_auth(),
        Some(identity) => {
            let chain = certificates(&identity.certificate)?;
            let key = PrivateKeyDer::from_pem_slice(&identity.key.read()?)
                .map_err(|error| invalid(format!("the client key is not PEM: {error}")))?;
            config
                .with_client_auth_cert(chain, key)
                .map_err(|error| invalid(format!("client key and certificate: {error}")))?
        }
    };
    config.alpn_protocols = vec![match protocol {
        Protocol::Grpc => b"h2".to_vec(),
        Protocol::HttpProtobuf | Protocol::HttpJson => b"http/1.1".to_vec(),
    }];
    Ok(Arc::new(config))
}

fn certificates(source: &PemSource) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let certificates = CertificateDer::pem_slice_iter(&source.read()?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| invalid(format!("not PEM: {error}")))?;
    if certificates.is_empty() {
        return Err(invalid("there is no certificate in it".to_owned()));
    }
    Ok(certificates)
}

fn given_roots(authority: &PemSource) -> Result<RootCertStore, ConfigError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(authority)? {
        roots
            .add(certificate)
            .map_err(|error| invalid(error.to_string()))?;
    }
    Ok(roots)
}

fn system_roots() -> Result<RootCertStore, ConfigError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let causes: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
        return Err(invalid(format!(
            "the system has no trusted certificates; name one for the receiver ({})",
            causes.join("; ")
        )));
    }
    Ok(roots)
}

fn invalid(reason: String) -> ConfigError {
    ConfigError::Certificate { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(authority: &PemSource) -> String {
        client_config(Protocol::Grpc, Some(authority), None)
            .map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
    }

    #[test]
    fn unusable_files_and_texts_are_errors_that_say_why() {
        let missing = PemSource::File("/nowhere/ca.pem".into());
        assert!(reason(&missing).contains("/nowhere/ca.pem"));
        assert!(reason(&PemSource::Text(b"garbage".to_vec())).contains("no certificate"));
        let text = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_ne!(reason(&PemSource::Text(text.to_vec())), "accepted");
    }

    #[test]
    fn keys_are_not_shown() {
        let text = PemSource::Text(b"secret".to_vec());
        assert_eq!(format!("{text:?}"), "Text(..)");
    }
}

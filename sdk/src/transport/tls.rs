//! TLS: whom to trust.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::config_error::ConfigError;
use crate::protocol::Protocol;

/// The certificates of the authorities that a receiver's certificate is verified with, as PEM.
///
/// Spec: OTLP exporter, "Certificate File".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaCertificate {
    /// A file. It is read when the exporter is built.
    File(PathBuf),
    /// The PEM text itself.
    Pem(Vec<u8>),
}

/// How TLS is spoken for `protocol`: with `authority` as the only root, or those of the system where there is none.
pub(crate) fn client_config(
    protocol: Protocol,
    authority: Option<&CaCertificate>,
) -> Result<Arc<ClientConfig>, ConfigError> {
    let roots = match authority {
        Some(authority) => given_roots(authority)?,
        None => system_roots()?,
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![match protocol {
        Protocol::Grpc => b"h2".to_vec(),
        Protocol::HttpProtobuf | Protocol::HttpJson => b"http/1.1".to_vec(),
    }];
    Ok(Arc::new(config))
}

fn given_roots(authority: &CaCertificate) -> Result<RootCertStore, ConfigError> {
    let pem = match authority {
        CaCertificate::File(path) => {
            fs::read(path).map_err(|source| ConfigError::CertificateFile {
                path: path.clone(),
                source,
            })?
        }
        CaCertificate::Pem(pem) => pem.clone(),
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| invalid(format!("not PEM: {error}")))?;
        roots
            .add(certificate)
            .map_err(|error| invalid(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(invalid("there is no certificate in it".to_owned()));
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

    fn reason(authority: &CaCertificate) -> String {
        client_config(Protocol::Grpc, Some(authority))
            .map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
    }

    #[test]
    fn unusable_files_and_texts_are_errors_that_say_why() {
        let missing = CaCertificate::File("/nowhere/ca.pem".into());
        assert!(reason(&missing).contains("/nowhere/ca.pem"));
        assert!(reason(&CaCertificate::Pem(b"garbage".to_vec())).contains("no certificate"));
        let text = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_ne!(reason(&CaCertificate::Pem(text.to_vec())), "accepted");
    }
}

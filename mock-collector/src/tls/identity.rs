//! Certificates and keys that somebody else has made.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, RootCertStore};

/// A certificate of your own for the collector, with its key.
#[derive(PartialEq, Eq)]
pub struct ServerIdentity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
    /// The certificates as they were read; empty where they were made here.
    pub(super) pem: String,
}

/// Why a certificate and a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidIdentity {
    /// The text holds no certificate that can be read.
    #[error("{0}")]
    Certificate(String),
    /// The text holds no key that can be used.
    #[error("{0}")]
    Key(String),
    /// The key is that of another certificate.
    #[error("the key does not belong to the certificate")]
    OtherKey,
}

impl ServerIdentity {
    /// The certificates in `certificates`, the collector's own first and then those of the authorities above it, with the
    /// key in `key`: PKCS#8, PKCS#1 or SEC1, not encrypted.
    ///
    /// # Errors
    ///
    /// [`InvalidIdentity`], which says which of the two it is.
    pub fn from_pem(certificates: &str, key: &str) -> Result<Self, InvalidIdentity> {
        let chain = read_certificates(certificates).map_err(InvalidIdentity::Certificate)?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| {
            InvalidIdentity::Key(match error {
                pem::Error::NoItemsFound => {
                    "there is no key in it that is not encrypted".to_owned()
                }
                error => error.to_string(),
            })
        })?;
        let provider = rustls::crypto::ring::default_provider();
        CertifiedKey::from_der(chain.clone(), key.clone_key(), &provider).map_err(|error| {
            match error {
                rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                    InvalidIdentity::OtherKey
                }
                rustls::Error::InvalidCertificate(error) => {
                    InvalidIdentity::Certificate(error.to_string())
                }
                error => InvalidIdentity::Key(error.to_string()),
            }
        })?;
        Ok(Self {
            chain,
            key,
            pem: certificates.to_owned(),
        })
    }
}

impl Clone for ServerIdentity {
    fn clone(&self) -> Self {
        Self {
            chain: self.chain.clone(),
            key: self.key.clone_key(),
            pem: self.pem.clone(),
        }
    }
}

/// Shows no key.
impl fmt::Debug for ServerIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerIdentity")
            .field("certificates", &self.chain.len())
            .finish_non_exhaustive()
    }
}

/// Authorities of your own that sign the certificates of clients.
#[derive(Clone, Debug)]
pub struct ClientAuthorities(pub(super) Arc<RootCertStore>);

impl ClientAuthorities {
    /// The authorities in `pem`, at least one.
    ///
    /// # Errors
    ///
    /// What is wrong with the text.
    pub fn from_pem(pem: &str) -> Result<Self, InvalidAuthorities> {
        let mut roots = RootCertStore::empty();
        for certificate in read_certificates(pem).map_err(InvalidAuthorities)? {
            roots
                .add(certificate)
                .map_err(|error| InvalidAuthorities(error.to_string()))?;
        }
        Ok(Self(Arc::new(roots)))
    }
}

impl PartialEq for ClientAuthorities {
    fn eq(&self, other: &Self) -> bool {
        self.0.roots == other.0.roots
    }
}

impl Eq for ClientAuthorities {}

/// Authorities that cannot be used; the text says why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidAuthorities(String);

fn read_certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    if certificates.is_empty() {
        return Err("there is no certificate in it".to_owned());
    }
    Ok(certificates)
}

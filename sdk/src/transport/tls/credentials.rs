use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore};

use super::system::system_roots;
use super::watched::{Watched, names};
use crate::clock::Clock;
use crate::config_error::ConfigError;
use crate::protocol::Protocol;
use crate::transport::{ClientIdentity, PemSource};

/// A source of PEM, and the variable of the environment that named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedPem {
    pub(crate) source: PemSource,
    pub(crate) variable: Option<String>,
}

impl NamedPem {
    pub(crate) const fn in_code(source: PemSource) -> Self {
        Self {
            source,
            variable: None,
        }
    }
}

/// Where it is, for people.
impl fmt::Display for NamedPem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            PemSource::File(path) => write!(f, "{}", path.display())?,
            PemSource::Text(_) => f.write_str("the text given in code")?,
        }
        match &self.variable {
            Some(variable) => write!(f, " (from {variable})"),
            None => Ok(()),
        }
    }
}

/// Certificate and key of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) certificate: NamedPem,
    pub(crate) key: NamedPem,
}

impl From<ClientIdentity> for Identity {
    fn from(identity: ClientIdentity) -> Self {
        Self {
            certificate: NamedPem::in_code(identity.certificate),
            key: NamedPem::in_code(identity.key),
        }
    }
}

/// How TLS is spoken: with the authorities given as the only roots, or those of the system where none are given, and with
/// an identity where the receiver asks for one.
pub(crate) struct Credentials {
    /// How OTLP is spoken; `None` for another format over HTTP/1.1.
    protocol: Option<Protocol>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    authority: Authority,
    identity: Option<Watched<Arc<CertifiedKey>>>,
    config: Arc<ClientConfig>,
}

/// Whom the client trusts.
enum Authority {
    Given(Watched<Arc<RootCertStore>>),
    /// The authorities of the system are asked for once.
    System(Arc<RootCertStore>),
}

impl Authority {
    const fn roots(&self) -> &Arc<RootCertStore> {
        match self {
            Self::Given(watched) => watched.value(),
            Self::System(roots) => roots,
        }
    }

    fn refresh(&mut self) -> bool {
        match self {
            Self::Given(watched) => watched.refresh(),
            Self::System(_) => false,
        }
    }
}

impl Credentials {
    pub(crate) fn new(
        protocol: Option<Protocol>,
        authority: Option<NamedPem>,
        identity: Option<Identity>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        let authority = match authority {
            Some(authority) => Authority::Given(Watched::new(vec![authority], roots)?),
            None => Authority::System(Arc::new(system_roots().map_err(invalid)?)),
        };
        let identity = identity
            .map(|identity| Watched::new(vec![identity.certificate, identity.key], certified_key))
            .transpose()?;
        let config = client_config(
            protocol,
            authority.roots(),
            identity.as_ref().map(Watched::value),
            &clock,
        )?;
        Ok(Self {
            protocol,
            clock,
            state: Mutex::new(State {
                authority,
                identity,
                config,
            }),
        })
    }

    /// What the next connection is made with: files are looked at again.
    pub(crate) fn config(&self) -> Arc<ClientConfig> {
        let mut state = self.state.lock();
        let mut changed = state.authority.refresh();
        changed |= state.identity.as_mut().is_some_and(Watched::refresh);
        if changed {
            let roots = state.authority.roots();
            let identity = state.identity.as_ref().map(Watched::value);
            // What can be made once can be made again.
            if let Ok(config) = client_config(self.protocol, roots, identity, &self.clock) {
                state.config = config;
            }
        }
        Arc::clone(&state.config)
    }

    pub(super) const fn protocol(&self) -> Option<Protocol> {
        self.protocol
    }

    /// Where the authorities come from, in words.
    pub(super) fn authority_words(&self) -> String {
        match &self.state.lock().authority {
            Authority::Given(watched) => names(watched.sources()),
            Authority::System(_) => "the store of the system".to_owned(),
        }
    }

    /// Where the client's certificate comes from, in words; `None` where there is none.
    pub(super) fn identity_words(&self) -> Option<String> {
        let state = self.state.lock();
        let [certificate, ..] = state.identity.as_ref()?.sources() else {
            return None;
        };
        Some(certificate.to_string())
    }
}

/// Has rustls take the time from the injected clock.
struct ClockTime(Arc<dyn Clock>);

impl fmt::Debug for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClockTime").finish()
    }
}

impl TimeProvider for ClockTime {
    fn current_time(&self) -> Option<UnixTime> {
        let now: Duration = self.0.now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
        Some(UnixTime::since_unix_epoch(now))
    }
}

fn client_config(
    protocol: Option<Protocol>,
    roots: &Arc<RootCertStore>,
    identity: Option<&Arc<CertifiedKey>>,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<ClientConfig>, ConfigError> {
    let time = Arc::new(ClockTime(Arc::clone(clock)));
    let config = ClientConfig::builder_with_details(Arc::new(provider()), time)
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid(error.to_string()))?
        .with_root_certificates(Arc::clone(roots));
    let mut config = match identity {
        None => config.with_no_client_auth(),
        Some(identity) => {
            config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(identity))))
        }
    };
    config.alpn_protocols = vec![match protocol {
        Some(Protocol::Grpc) => b"h2".to_vec(),
        Some(Protocol::HttpProtobuf | Protocol::HttpJson) | None => b"http/1.1".to_vec(),
    }];
    Ok(Arc::new(config))
}

fn provider() -> CryptoProvider {
    rustls::crypto::ring::default_provider()
}

fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let certificates = CertificateDer::pem_slice_iter(text)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| invalid(not_pem(&error)))?;
    if certificates.is_empty() {
        return Err(invalid("there is no certificate in it".to_owned()));
    }
    Ok(certificates)
}

fn roots(texts: &[Cow<'_, [u8]>]) -> Result<Arc<RootCertStore>, ConfigError> {
    let mut roots = RootCertStore::empty();
    for certificate in texts
        .iter()
        .map(|text| certificates(text))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
    {
        roots
            .add(certificate)
            .map_err(|error| invalid(error.to_string()))?;
    }
    Ok(Arc::new(roots))
}

/// Certificate and key, in this order.
fn certified_key(texts: &[Cow<'_, [u8]>]) -> Result<Arc<CertifiedKey>, ConfigError> {
    let [certificate, key] = texts else {
        return Err(invalid(
            "a client certificate needs a client key".to_owned(),
        ));
    };
    let chain = certificates(certificate)?;
    let key = PrivateKeyDer::from_pem_slice(key)
        .map_err(|error| invalid(format!("the client key is {}", not_pem(&error))))?;
    CertifiedKey::from_der(chain, key, &provider())
        .map(Arc::new)
        .map_err(|error| invalid(format!("client key and certificate: {error}")))
}

fn not_pem(error: &pem::Error) -> String {
    match error {
        pem::Error::MissingSectionEnd { .. } => "cut short: a section has no end".to_owned(),
        error => format!("not PEM: {error}"),
    }
}

fn invalid(reason: String) -> ConfigError {
    ConfigError::Certificate { reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    fn reason(authority: PemSource) -> String {
        let authority = Some(NamedPem::in_code(authority));
        Credentials::new(Some(Protocol::Grpc), authority, None, Arc::new(SystemClock))
            .map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
    }

    #[test]
    fn unusable_files_and_texts_are_errors_that_say_why() {
        assert!(reason(PemSource::File("/nowhere/ca.pem".into())).contains("/nowhere/ca.pem"));
        assert!(reason(PemSource::Text(b"garbage".to_vec())).contains("no certificate"));
        let text = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_ne!(reason(PemSource::Text(text.to_vec())), "accepted");
    }
}

//! What code and environment say about TLS, together.

use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::Clock;
use crate::config_error::ConfigError;
use crate::environment::warn_unusable;
use crate::protocol::Protocol;
use crate::transport::{ClientIdentity, Credentials, Identity, NamedPem, PemSource, TlsVariables};

/// How TLS is spoken. Files in code that cannot be used are errors. Those in the environment are reported, and the
/// exporter does without: it verifies with the authorities of the system, or does not say who it is. It never falls back
/// to plain text.
pub(crate) fn tls(
    protocol: Option<Protocol>,
    authority: Option<PemSource>,
    identity: Option<ClientIdentity>,
    variables: TlsVariables,
    clock: &Arc<dyn Clock>,
) -> Result<Credentials, ConfigError> {
    let credentials = |authority: Option<&NamedPem>, identity: Option<&Identity>| {
        let clock = Arc::clone(clock);
        Credentials::new(protocol, authority.cloned(), identity.cloned(), clock)
    };
    let TlsVariables {
        certificate,
        client_certificate,
        client_key,
    } = variables;
    let authority = match authority {
        Some(source) => Some(NamedPem::in_code(source)),
        None => usable_authority(certificate, |named| credentials(Some(named), None)),
    };
    let identity = match identity {
        Some(identity) => Some(Identity::from(identity)),
        None => usable_identity(client_certificate, client_key, |identity| {
            credentials(authority.as_ref(), Some(identity))
        }),
    };
    credentials(authority.as_ref(), identity.as_ref())
}

fn usable_authority(
    certificate: Option<(String, PathBuf)>,
    attempt: impl Fn(&NamedPem) -> Result<Credentials, ConfigError>,
) -> Option<NamedPem> {
    let (variable, path) = certificate?;
    let value = path.display().to_string();
    let authority = NamedPem {
        source: PemSource::File(path),
        variable: Some(variable.clone()),
    };
    match attempt(&authority) {
        Ok(_) => Some(authority),
        Err(error) => {
            warn_unusable(
                &variable,
                &value,
                &format!("a PEM file with certificates ({})", reason(&error)),
                "the authorities of the system",
            );
            None
        }
    }
}

fn usable_identity(
    certificate: Option<(String, PathBuf)>,
    key: Option<(String, PathBuf)>,
    attempt: impl Fn(&Identity) -> Result<Credentials, ConfigError>,
) -> Option<Identity> {
    let warn = |variable: &str, value: &str, allowed: &str| {
        warn_unusable(variable, value, allowed, "no client certificate");
    };
    let (certificate, key) = match (certificate, key) {
        (None, None) => return None,
        (Some(certificate), Some(key)) => (certificate, key),
        (Some((variable, path)), None) | (None, Some((variable, path))) => {
            let value = path.display().to_string();
            warn(
                &variable,
                &value,
                "client certificate and client key together",
            );
            return None;
        }
    };
    let (variable, value) = (certificate.0.clone(), certificate.1.display().to_string());
    let named = |(variable, path)| NamedPem {
        source: PemSource::File(path),
        variable: Some(variable),
    };
    let allowed = format!("a PEM file that fits to the one in {}", key.0);
    let identity = Identity {
        certificate: named(certificate),
        key: named(key),
    };
    match attempt(&identity) {
        Ok(_) => Some(identity),
        Err(error) => {
            warn(
                &variable,
                &value,
                &format!("{allowed} ({})", reason(&error)),
            );
            None
        }
    }
}

/// What is wrong, and what the system says to it.
fn reason(error: &ConfigError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

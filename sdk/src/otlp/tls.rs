//! What code and environment say about TLS, together.

use std::sync::Arc;

use rustls::ClientConfig;

use super::environment::ExporterEnvironment;
use crate::config_error::ConfigError;
use crate::environment::warn_unusable;
use crate::protocol::Protocol;
use crate::transport::{ClientIdentity, PemSource, client_config};

/// How TLS is spoken. Files in code that cannot be used are errors. Those in the environment are reported, and the
/// exporter does without: it verifies with the authorities of the system, or does not say who it is. It never falls back
/// to plain text.
pub(super) fn tls(
    protocol: Protocol,
    authority: Option<PemSource>,
    identity: Option<ClientIdentity>,
    environment: &ExporterEnvironment<'_>,
) -> Result<Arc<ClientConfig>, ConfigError> {
    let authority = authority.or_else(|| usable_authority(protocol, environment));
    let identity = identity.or_else(|| usable_identity(protocol, authority.as_ref(), environment));
    client_config(protocol, authority.as_ref(), identity.as_ref())
}

fn usable_authority(
    protocol: Protocol,
    environment: &ExporterEnvironment<'_>,
) -> Option<PemSource> {
    let (variable, path) = environment.certificate()?;
    let value = path.display().to_string();
    let authority = PemSource::File(path);
    match client_config(protocol, Some(&authority), None) {
        Ok(_) => Some(authority),
        Err(error) => {
            warn_unusable(
                &variable,
                &value,
                &format!("a PEM file with certificates ({error})"),
                "the authorities of the system",
            );
            None
        }
    }
}

fn usable_identity(
    protocol: Protocol,
    authority: Option<&PemSource>,
    environment: &ExporterEnvironment<'_>,
) -> Option<ClientIdentity> {
    let warn = |variable: &str, value: &str, allowed: &str| {
        warn_unusable(variable, value, allowed, "no client certificate");
    };
    let (certificate, key) = match (environment.client_certificate(), environment.client_key()) {
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
    let (variable, value) = (certificate.0, certificate.1.display().to_string());
    let identity = ClientIdentity {
        certificate: PemSource::File(certificate.1),
        key: PemSource::File(key.1),
    };
    match client_config(protocol, authority, Some(&identity)) {
        Ok(_) => Some(identity),
        Err(error) => {
            let allowed = format!("a PEM file that fits to the one in {} ({error})", key.0);
            warn(&variable, &value, &allowed);
            None
        }
    }
}

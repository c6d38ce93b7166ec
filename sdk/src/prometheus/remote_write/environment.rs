//! What the environment says about the exporter. OTLP has variables for itself alone, so that these are ours.

use std::path::PathBuf;
use std::time::Duration;

use super::authorization::{basic, bearer};
use super::protocol::RemoteWriteProtocol;
use crate::endpoint::{Endpoint, without_user_information};
use crate::environment::{Environment, LOG_TARGET, warn_unusable};
use crate::headers::Headers;
use crate::transport::TlsVariables;

pub(super) const ENDPOINT: &str = "OTELBOX_PROMETHEUS_REMOTE_WRITE_ENDPOINT";
pub(super) const HEADERS: &str = "OTELBOX_PROMETHEUS_REMOTE_WRITE_HEADERS";
const PROTOCOL: &str = "OTELBOX_PROMETHEUS_REMOTE_WRITE_PROTOCOL";
const TIMEOUT: &str = "OTELBOX_PROMETHEUS_REMOTE_WRITE_TIMEOUT";
const USERNAME: &str = "OTELBOX_PROMETHEUS_REMOTE_WRITE_USERNAME";
const PASSWORD: &str = "OTELBOX_PROMETHEUS_REMOTE_WRITE_PASSWORD";
const BEARER_TOKEN: &str = "OTELBOX_PROMETHEUS_REMOTE_WRITE_BEARER_TOKEN";
const CERTIFICATE: &str = "OTELBOX_PROMETHEUS_REMOTE_WRITE_CERTIFICATE";
const CLIENT_CERTIFICATE: &str = "OTELBOX_PROMETHEUS_REMOTE_WRITE_CLIENT_CERTIFICATE";
const CLIENT_KEY: &str = "OTELBOX_PROMETHEUS_REMOTE_WRITE_CLIENT_KEY";

/// Where a Prometheus on this machine takes remote write.
const DEFAULT_ENDPOINT: &str = "http://localhost:9090/api/v1/write";

/// As that of OTLP.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// Spec: Remote-Write 2.0, "Protocol" (SHOULD be used when possible).
const DEFAULT_PROTOCOL: RemoteWriteProtocol = RemoteWriteProtocol::V2;

pub(super) fn endpoint(environment: &Environment) -> Endpoint {
    let default = Endpoint::default_remote_write();
    let Some(text) = environment.get(ENDPOINT) else {
        return default;
    };
    Endpoint::http_url(text.trim()).unwrap_or_else(|error| {
        warn_unusable(
            ENDPOINT,
            &without_user_information(text),
            &format!("a URL ({error})"),
            DEFAULT_ENDPOINT,
        );
        default
    })
}

pub(super) fn protocol(environment: &Environment) -> RemoteWriteProtocol {
    environment
        .parsed(&[PROTOCOL], "1.0 or 2.0", DEFAULT_PROTOCOL, |text| {
            text.parse().ok()
        })
        .unwrap_or(DEFAULT_PROTOCOL)
}

pub(super) fn timeout(environment: &Environment) -> Duration {
    environment
        .milliseconds(&[TIMEOUT], DEFAULT_TIMEOUT)
        .unwrap_or(DEFAULT_TIMEOUT)
}

/// Headers, and who asks. A token wins over a name with a password, and both over a header.
pub(super) fn headers(environment: &Environment) -> Headers {
    let mut headers = environment
        .get(HEADERS)
        .map_or_else(Headers::new, |text| Headers::from_variable(HEADERS, text));
    let token = environment.get(BEARER_TOKEN);
    let (name, password) = (environment.get(USERNAME), environment.get(PASSWORD));
    let (variable, authorization) = match (token, name, password) {
        (None, None, None) => return headers,
        (Some(token), name, password) => {
            if name.or(password).is_some() {
                warn_unused(USERNAME, &format!("{BEARER_TOKEN} is set, and wins"));
            }
            (BEARER_TOKEN, bearer(token.trim()))
        }
        (None, Some(name), password) => (USERNAME, basic(name, password.unwrap_or_default())),
        (None, None, Some(_)) => {
            warn_unused(PASSWORD, &format!("{USERNAME} is not set"));
            return headers;
        }
    };
    let set = authorization.and_then(|value| headers.set("authorization", &value));
    if let Err(error) = set {
        warn_unused(variable, &error.to_string());
    }
    headers
}

pub(super) fn tls(environment: &Environment) -> TlsVariables {
    let file = |name: &str| {
        let path = environment.get(name)?;
        Some((name.to_owned(), PathBuf::from(path)))
    };
    TlsVariables {
        certificate: file(CERTIFICATE),
        client_certificate: file(CLIENT_CERTIFICATE),
        client_key: file(CLIENT_KEY),
    }
}

/// Reports a value that is not used, without showing it: it is a secret.
fn warn_unused(variable: &str, reason: &str) {
    tracing::warn!(target: LOG_TARGET, variable, "{variable} is not used: {reason}");
}

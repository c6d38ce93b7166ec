//! What it means that TLS did not come about, and what to do.

use std::io;
use std::time::{Duration, SystemTime};

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

use super::credentials::Credentials;
use crate::protocol::Protocol;

/// What `error`, which a handshake with `host` at `receiver` ended with, means, and what to do.
pub(crate) fn explain(
    error: &io::Error,
    credentials: &Credentials,
    host: &str,
    receiver: &str,
) -> String {
    let Some(error) = tls_error(error) else {
        return match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => format!(
                "{receiver} ended the connection in the middle of the handshake; does it speak TLS there? If it speaks \
                 plain text, the endpoint begins with http://"
            ),
            _ => error.to_string(),
        };
    };
    match error {
        Error::InvalidCertificate(error) => certificate(error, credentials, host, receiver),
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => format!(
            "{receiver} answered in plain text; give the endpoint http:// instead of https://, or turn on TLS at the \
             receiver"
        ),
        Error::AlertReceived(alert) => alert_words(*alert, credentials, receiver),
        Error::NoApplicationProtocol => no_application_protocol(credentials, receiver),
        error => error.to_string(),
    }
}

/// What an alert means that comes when the handshake is over for this side; `None` for other errors.
pub(crate) fn alert_of(
    error: &io::Error,
    credentials: &Credentials,
    receiver: &str,
) -> Option<String> {
    match tls_error(error)? {
        Error::AlertReceived(alert) => Some(alert_words(*alert, credentials, receiver)),
        _ => None,
    }
}

/// The error of rustls that one of I/O wraps.
fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

fn certificate(
    error: &CertificateError,
    credentials: &Credentials,
    host: &str,
    receiver: &str,
) -> String {
    match error {
        CertificateError::UnknownIssuer => format!(
            "unknown CA: the certificate of {receiver} is not signed by any certificate in {}; give the one that signed \
             it, by {}with_ca_certificate()",
            credentials.authority_words(),
            variables(credentials, "OTEL_EXPORTER_OTLP_CERTIFICATE or ")
        ),
        CertificateError::BadSignature => format!(
            "unknown CA: the certificate of {receiver} names an authority that is in {}, which did not sign it: perhaps \
             one of the same name with another key; give the one that signed it",
            credentials.authority_words()
        ),
        CertificateError::NotValidForName => {
            format!("wrong host name: the certificate of {receiver} is not for {host}; {NAMES}")
        }
        CertificateError::NotValidForNameContext { presented, .. } => format!(
            "wrong host name: the certificate of {receiver} is for {}, not for {host}; {NAMES}",
            presented_names(presented)
        ),
        CertificateError::Expired => format!("{receiver} shows an expired certificate; {RENEW}"),
        CertificateError::ExpiredContext { not_after, .. } => format!(
            "{receiver} shows a certificate that expired on {}; {RENEW}",
            date(not_after.as_secs())
        ),
        CertificateError::NotValidYet => {
            format!("{receiver} shows a certificate that is not valid yet; {CLOCKS}")
        }
        CertificateError::NotValidYetContext { not_before, .. } => format!(
            "{receiver} shows a certificate that is not valid before {}; {CLOCKS}",
            date(not_before.as_secs())
        ),
        error => format!("{receiver} shows a certificate that cannot be accepted: {error}"),
    }
}

/// Names as rustls shows them: `DnsName("collector")`.
fn presented_names(presented: &[String]) -> String {
    let names: Vec<&str> = presented
        .iter()
        .map(|name| {
            name.strip_prefix("DnsName(\"")
                .and_then(|name| name.strip_suffix("\")"))
                .unwrap_or(name)
        })
        .collect();
    names.join(", ")
}

const NAMES: &str = "use a name of the certificate in the endpoint, or have one made for this host";
const RENEW: &str = "renew it at the receiver (or correct the clock here)";
const IDENTITY_VARIABLES: &str =
    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY, or ";
const CLOCKS: &str = "compare the clocks of both sides";

/// `text` about variables of the environment, where there are any: only OTLP has them.
fn variables<'a>(credentials: &Credentials, text: &'a str) -> &'a str {
    match credentials.protocol() {
        Some(_) => text,
        None => "",
    }
}

fn alert_words(alert: AlertDescription, credentials: &Credentials, receiver: &str) -> String {
    let identity = credentials.identity_words();
    let show_it = format!(
        "give it by {}with_client_identity()",
        variables(credentials, IDENTITY_VARIABLES)
    );
    match (alert, identity) {
        (AlertDescription::CertificateRequired, _) => {
            format!("{receiver} demands a client certificate; {show_it} (alert {alert:?})")
        }
        // In TLS 1.2 there is no alert of its own for it.
        (AlertDescription::HandshakeFailure, None) => format!(
            "{receiver} refuses TLS; where it demands a client certificate, {show_it} (alert {alert:?})"
        ),
        (AlertDescription::NoApplicationProtocol, _) => {
            no_application_protocol(credentials, receiver)
        }
        (
            AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRevoked
            | AlertDescription::AccessDenied
            | AlertDescription::DecryptError,
            Some(identity),
        ) => format!(
            "{receiver} does not accept the client certificate in {identity} (alert {alert:?}); give one that is signed \
             by an authority that the receiver knows"
        ),
        (alert, _) => format!("{receiver} refuses TLS: alert {alert:?}"),
    }
}

fn no_application_protocol(credentials: &Credentials, receiver: &str) -> String {
    let (wanted, other) = match credentials.protocol() {
        Some(Protocol::Grpc) => ("HTTP/2, which gRPC needs", "http/protobuf"),
        Some(Protocol::HttpProtobuf | Protocol::HttpJson) => ("HTTP/1.1", "grpc"),
        None => return format!("{receiver} does not speak HTTP/1.1; is it the right port?"),
    };
    format!(
        "{receiver} does not speak {wanted}; is it the port for OTEL_EXPORTER_OTLP_PROTOCOL={other}?"
    )
}

fn date(unix_seconds: u64) -> String {
    SystemTime::UNIX_EPOCH
        .checked_add(Duration::from_secs(unix_seconds))
        .filter(|_| unix_seconds < YEAR_10000)
        .map_or_else(
            || format!("{unix_seconds} s after 1970"),
            httpdate::fmt_http_date,
        )
}

/// The first second that has no date of HTTP.
const YEAR_10000: u64 = 253_402_300_800;

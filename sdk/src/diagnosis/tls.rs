//! TLS that did not come about.

use super::{Advice, Circumstances, Problem};
use crate::protocol::Protocol;

/// The receiver expects TLS, and was spoken to in plain text.
pub(super) fn expected(circumstances: &Circumstances) -> Advice {
    let url = circumstances.url("https", circumstances.endpoint.port());
    let insecure = match circumstances.protocol {
        Protocol::Grpc => " (without a scheme, leave out OTEL_EXPORTER_OTLP_INSECURE)",
        Protocol::HttpProtobuf | Protocol::HttpJson => "",
    };
    Advice::new(
        Problem::PlainTextToTls,
        format!(
            "{} expects TLS, and this exporter speaks plain text: use {url}{insecure}, and if its authority is your own, \
             name it in OTEL_EXPORTER_OTLP_CERTIFICATE",
            circumstances.receiver()
        ),
    )
}

/// What a connection with TLS failed with, in the words of the TLS library.
pub(super) fn failed(circumstances: &Circumstances, message: &str) -> Option<Advice> {
    if !circumstances.endpoint.is_tls() {
        return None;
    }
    let said = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if said(&["InvalidContentType"]) {
        return Some(not_expected(circumstances));
    }
    if said(&["UnknownIssuer", "BadSignature", "CaUsedAsEndEntity"]) {
        return Some(unknown_authority(circumstances));
    }
    if said(&["NotValidForName", "not valid for name"]) {
        return Some(other_host(circumstances));
    }
    if said(&["Expired", "NotValidYet", "expired", "not valid yet"]) {
        return Some(wrong_time(circumstances));
    }
    if said(&[
        "CertificateRequired",
        "CertificateUnknown",
        "BadCertificate",
        "UnknownCA",
    ]) {
        return Some(client_certificate(circumstances));
    }
    None
}

fn not_expected(circumstances: &Circumstances) -> Advice {
    let url = circumstances.url("http", circumstances.endpoint.port());
    let insecure = match circumstances.protocol {
        Protocol::Grpc => {
            " (an endpoint without a scheme means TLS, unless OTEL_EXPORTER_OTLP_INSECURE=true)"
        }
        Protocol::HttpProtobuf | Protocol::HttpJson => "",
    };
    Advice::new(
        Problem::TlsToPlainText,
        format!(
            "{} speaks plain text, and this exporter TLS: use {url}{insecure}, or configure TLS in the receiver",
            circumstances.receiver()
        ),
    )
}

fn unknown_authority(circumstances: &Circumstances) -> Advice {
    let trusted = match &circumstances.trusted {
        Some(authority) => format!("{authority} alone is trusted"),
        None => "the authorities of the system are trusted".to_owned(),
    };
    Advice::new(
        Problem::UnknownAuthority,
        format!(
            "the certificate of {} is from an authority that is not trusted here ({trusted}): name the file with the \
             certificate of that authority in OTEL_EXPORTER_OTLP_CERTIFICATE",
            circumstances.receiver()
        ),
    )
}

fn other_host(circumstances: &Circumstances) -> Advice {
    let host = circumstances.endpoint.host();
    Advice::new(
        Problem::OtherHost,
        format!(
            "the certificate of {} is not for {host}: use the name that is in it as the host of the endpoint, or add \
             {host} to its subject alternative names",
            circumstances.receiver()
        ),
    )
}

fn wrong_time(circumstances: &Circumstances) -> Advice {
    Advice::new(
        Problem::CertificateTime,
        format!(
            "the certificate of {} is not valid at this time: renew it, or set the clock of this machine right",
            circumstances.receiver()
        ),
    )
}

fn client_certificate(circumstances: &Circumstances) -> Advice {
    Advice::new(
        Problem::ClientCertificate,
        format!(
            "{} wants a certificate of the client that it trusts: set OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and \
             OTEL_EXPORTER_OTLP_CLIENT_KEY to one from an authority that the receiver knows",
            circumstances.receiver()
        ),
    )
}

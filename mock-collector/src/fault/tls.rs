//! Faults on TLS. They apply only where TLS is spoken: elsewhere they never fire.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The certificate that the collector shows in place of its own. Sessions are not resumed on such a connection, so that a
/// client always sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TlsCertificate {
    /// It was valid in January 2020 only.
    Expired,
    /// It is valid from January 2300 on.
    NotYetValid,
    /// It is for `elsewhere.invalid`.
    WrongName,
    /// It is signed by an authority that the client does not know.
    Untrusted,
    /// It is signed by itself.
    SelfSigned,
}

/// What the collector takes by ALPN in place of `h2` (and, on the port for OTLP/HTTP, `http/1.1`).
///
/// Where client and collector name protocols and none is the same, the handshake ends with the alert
/// `no_application_protocol`. Spec: RFC 7301, "Protocol Selection".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum TlsAlpn {
    /// It knows nothing of ALPN and agrees on no protocol.
    #[serde(rename = "none")]
    None,
    /// `http/1.1` alone.
    #[serde(rename = "http/1.1")]
    Http11,
    /// `h2` alone.
    #[serde(rename = "h2")]
    H2,
    /// A protocol that no client names.
    #[serde(rename = "unknown")]
    Unknown,
}

/// What becomes of a handshake when the client has begun it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TlsHandshake {
    /// The `ClientHello` is read and never answered.
    Stall,
    /// The connection is closed (FIN) in place of an answer.
    Close,
    /// The connection is reset (RST) in place of an answer.
    Reset,
    /// The answer is the fatal alert `handshake_failure`.
    Alert,
    /// The answer is HTTP in plain text, as from a port that does not speak TLS.
    PlainText,
}

/// Whether the client has to say who it is, in place of [`ServerTls::client_auth`](crate::ServerTls::client_auth).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TlsClientCertificate {
    /// A certificate of the collector's authority for clients is required.
    Required,
    /// It is not asked.
    NotAsked,
}

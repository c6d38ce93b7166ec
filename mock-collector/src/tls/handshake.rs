use std::io;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::live::LiveTls;
use crate::journal::{Port, SecuredConnection};
use crate::listen::Sniffed;

/// What Go's `net/http`, and so the real Collector, says to plain HTTP on a port for HTTPS.
const PLAIN_HTTP_ANSWER: &[u8] =
    b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";

/// The type of the first record of a TLS connection.
///
/// Spec: RFC 8446, section 5.1.
const HANDSHAKE_RECORD: u8 = 0x16;

/// A connection on which no TLS came about.
#[derive(Debug)]
pub(crate) enum Unsecured {
    /// The client left without a word.
    Silent,
    /// The client spoke plain text; what it began with.
    PlainText(String),
    /// The handshake failed; which alert, or why.
    Failed(String),
}

/// Has the client shake hands.
pub(crate) async fn secure<S: AsyncRead + AsyncWrite + Unpin>(
    tls: &LiveTls,
    port: Port,
    stream: S,
) -> Result<(TlsStream<Sniffed<S>>, SecuredConnection), Unsecured> {
    let mut stream = Sniffed::new(stream);
    let first = stream.first_bytes().await.unwrap_or_default();
    match first.first() {
        None => return Err(Unsecured::Silent),
        Some(&HANDSHAKE_RECORD) => {}
        Some(_) => {
            let text = first_line(&first);
            if port == Port::Http && !text.starts_with("PRI *") {
                // The client may be gone; then nobody reads it.
                let _ = stream.write_all(PLAIN_HTTP_ANSWER).await;
                let _ = stream.flush().await;
            }
            return Err(Unsecured::PlainText(text));
        }
    }
    let acceptor = TlsAcceptor::from(tls.config(port));
    let stream = acceptor
        .accept(stream)
        .await
        .map_err(|error| Unsecured::Failed(reason(&error)))?;
    let (_, session) = stream.get_ref();
    let secured = SecuredConnection {
        alpn: session
            .alpn_protocol()
            .map(|name| String::from_utf8_lossy(name).into_owned()),
        client: session
            .peer_certificates()
            .and_then(<[_]>::first)
            .map(|certificate| tls.client_name(certificate)),
    };
    Ok((stream, secured))
}

/// Why a handshake failed: rustls wraps its own error in one of I/O.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "the client left in the middle of the handshake".to_owned(),
        _ => error.to_string(),
    }
}

/// The beginning of what a client sent, up to the end of its first line, as text.
fn first_line(bytes: &[u8]) -> String {
    let line = bytes
        .split(|byte| matches!(byte, b'\r' | b'\n'))
        .next()
        .unwrap_or_default();
    line.escape_ascii().to_string()
}

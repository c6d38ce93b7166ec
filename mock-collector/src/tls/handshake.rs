use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::live::LiveTls;
use crate::fault::{TlsConditions, TlsHandshake};
use crate::journal::{Port, SecuredConnection};
use crate::listen::{Cause, Sniffed};

/// What Go's `net/http`, and so the real Collector, says to plain HTTP on a port for HTTPS.
const PLAIN_HTTP_ANSWER: &[u8] =
    b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";

/// What an HTTP server that does not speak TLS says to a client that does.
const PLAIN_TEXT_ANSWER: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n400 Bad Request";

/// A record with the fatal alert `handshake_failure`.
///
/// Spec: RFC 8446, sections 5.1 and 6.
const HANDSHAKE_FAILURE: &[u8] = &[0x15, 0x03, 0x03, 0, 2, 2, 40];

/// A record with the fatal alert `unexpected_message`: what a TLS server says to plain text.
pub(crate) const UNEXPECTED_PLAIN_TEXT: &[u8] = &[0x15, 0x03, 0x03, 0, 2, 2, 10];

/// The type of the first record of a TLS connection.
///
/// Spec: RFC 8446, section 5.1.
const HANDSHAKE_RECORD: u8 = 0x16;

/// A connection on which no TLS came about.
#[derive(Debug)]
pub(crate) enum Unsecured {
    /// The client left without a word, or without an answer.
    Silent,
    /// A fault ends the connection.
    Ended(Cause),
    /// The client spoke plain text; what it began with.
    PlainText(String),
    /// The handshake failed; which alert, or why.
    Failed(String),
}

/// Has the client shake hands, under these conditions.
pub(crate) async fn secure<S: AsyncRead + AsyncWrite + Unpin>(
    tls: &LiveTls,
    port: Port,
    conditions: TlsConditions,
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
    if let Some(handshake) = conditions.handshake {
        return Err(spoil(handshake, stream).await);
    }
    let config = tls
        .config(port, conditions)
        .map_err(|error| Unsecured::Failed(error.to_string()))?;
    let acceptor = TlsAcceptor::from(config);
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

/// Does something else than to shake hands.
async fn spoil<S: AsyncRead + AsyncWrite + Unpin>(
    handshake: TlsHandshake,
    mut stream: Sniffed<S>,
) -> Unsecured {
    let answer = match handshake {
        TlsHandshake::Stall => {
            let mut unheard = [0; 4096];
            while !matches!(stream.read(&mut unheard).await, Ok(0) | Err(_)) {}
            return Unsecured::Silent;
        }
        TlsHandshake::Reset => return Unsecured::Ended(Cause::Reset),
        TlsHandshake::Close => &[],
        TlsHandshake::Alert => HANDSHAKE_FAILURE,
        TlsHandshake::PlainText => PLAIN_TEXT_ANSWER,
    };
    // The client may be gone; then nobody reads it.
    let _ = stream.write_all(answer).await;
    let _ = stream.flush().await;
    Unsecured::Ended(Cause::Closed)
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

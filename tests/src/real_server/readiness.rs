//! How a server is seen to be ready.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::last_lines::LastLines;

/// How long to wait between two probes: a server is asked again, not waited for.
const BETWEEN_PROBES: Duration = Duration::from_millis(5);

/// What makes a server ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It accepts a connection.
    Accepts(SocketAddr),
    /// It answers a `GET` with status 200.
    Healthy {
        /// Where.
        address: SocketAddr,
        /// Its path.
        path: &'static str,
    },
    /// It writes a line that contains this, to standard output or standard error.
    Says(&'static str),
}

impl Readiness {
    /// Waits until it is so.
    pub(super) async fn wait(&self, lines: &LastLines) {
        match self {
            Self::Says(text) => lines.say(text).await,
            Self::Accepts(address) => {
                while TcpStream::connect(address).await.is_err() {
                    sleep(BETWEEN_PROBES).await;
                }
            }
            Self::Healthy { address, path } => {
                while !is_healthy(*address, path).await.unwrap_or_default() {
                    sleep(BETWEEN_PROBES).await;
                }
            }
        }
    }
}

async fn is_healthy(address: SocketAddr, path: &str) -> io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    // What comes after that does not matter, nor when a server ends a connection, for which some take seconds.
    let mut status = *b"HTTP/1.1 ...";
    stream.read_exact(&mut status).await?;
    Ok(status == *b"HTTP/1.1 200")
}

impl fmt::Display for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepts(address) => write!(f, "nothing accepts connections on {address}"),
            Self::Healthy { address, path } => {
                write!(f, "http://{address}{path} does not answer with 200")
            }
            Self::Says(text) => write!(f, "it does not say {text:?}"),
        }
    }
}

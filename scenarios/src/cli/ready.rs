//! `otelbox ready`: whether what runs elsewhere is ready, for health checks of containers and for scripts.

use std::fmt;
use std::io;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, StatusCode, Uri};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::arguments::Ready;
use super::error::CliError;
use crate::exit_code::ExitCode;

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(5);

/// How long to wait before asking again.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) fn ready(arguments: &Ready) -> Result<ExitCode, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?;
    runtime.block_on(async {
        let deadline = Instant::now() + arguments.within.get();
        for url in &arguments.urls {
            while let Err(cause) = url.ask().await {
                if Instant::now() + PAUSE > deadline {
                    let url = url.clone();
                    return Err(CliError::NotReady { url, cause });
                }
                sleep(PAUSE).await;
            }
        }
        Ok(ExitCode::Success)
    })
}

/// What is asked: a URL over plain HTTP.
#[derive(Clone, Debug)]
pub(super) struct ReadyUrl {
    authority: Authority,
    path: PathAndQuery,
}

/// A text that is no such URL.
#[derive(Debug, thiserror::Error)]
#[error("it must be a URL such as http://127.0.0.1:4320/ready")]
pub(super) struct InvalidReadyUrl;

/// Why something is not ready.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotReady {
    #[error("nobody answers")]
    Connection(#[source] io::Error),
    #[error("what answers is no HTTP server")]
    Http(#[source] hyper::Error),
    #[error("no answer within {ANSWER:?}")]
    Late,
    #[error("the answer is {0}")]
    Status(StatusCode),
}

impl FromStr for ReadyUrl {
    type Err = InvalidReadyUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = Uri::from_str(text)
            .map_err(|_| InvalidReadyUrl)?
            .into_parts();
        match (parts.scheme, parts.authority) {
            (Some(scheme), Some(authority)) if scheme == Scheme::HTTP => Ok(Self {
                authority,
                path: parts
                    .path_and_query
                    .unwrap_or(PathAndQuery::from_static("/")),
            }),
            _ => Err(InvalidReadyUrl),
        }
    }
}

impl fmt::Display for ReadyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.authority, self.path)
    }
}

impl ReadyUrl {
    /// Asks once.
    async fn ask(&self) -> Result<(), NotReady> {
        let status = timeout(ANSWER, self.status())
            .await
            .map_err(|_| NotReady::Late)??;
        if status.is_success() {
            Ok(())
        } else {
            Err(NotReady::Status(status))
        }
    }

    async fn status(&self) -> Result<StatusCode, NotReady> {
        let host = self.authority.host();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = self.authority.port_u16().unwrap_or(80);
        let stream = TcpStream::connect((host, port))
            .await
            .map_err(NotReady::Connection)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(NotReady::Http)?;
        let mut request = Request::new(Empty::<Bytes>::new());
        *request.uri_mut() = self.path.clone().into();
        if let Ok(host) = self.authority.as_str().parse() {
            request.headers_mut().insert(HOST, host);
        }
        // What goes wrong with the connection goes wrong with the request on it.
        let (_, answer) = tokio::join!(connection, async move {
            let answer = sender.send_request(request).await;
            drop(sender);
            answer.map(|answer| answer.status())
        });
        answer.map_err(NotReady::Http)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_is_asked() {
        let shown = |text: &str| ReadyUrl::from_str(text).map(|url| url.to_string());
        assert_eq!(
            shown("http://otelbox:4320/ready").expect("a URL"),
            "http://otelbox:4320/ready"
        );
        assert_eq!(shown("http://[::1]").expect("a URL"), "http://[::1]/");
        for wrong in ["", "otelbox:4320", "/ready", "https://otelbox:4320/ready"] {
            shown(wrong).expect_err(wrong);
        }
    }
}

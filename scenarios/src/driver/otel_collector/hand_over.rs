//! Giving data to the Collector's receiver.

use std::{
    io,
    os::{
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixStream as Blocking},
    },
};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

/// One request of OTLP over HTTP, in binary protobuf.
pub(super) struct Payload {
    /// Where it goes to.
    pub(super) path: &'static str,
    pub(super) body: Bytes,
    /// How many spans, points or log records it has.
    pub(super) items: u64,
}

/// Where a Collector's receiver listens: an abstract socket, of which nothing is left when the Collector has ended, and
/// which no other process takes for a port of its own.
pub(super) struct Inlet {
    name: String,
}

impl Inlet {
    /// One that no other case has.
    pub(super) fn new(case: u64) -> Self {
        let process = std::process::id();
        Self {
            name: format!("otelbox-collector-{process}-{case}"),
        }
    }

    /// As Go writes it.
    pub(super) fn endpoint(&self) -> String {
        format!("@{}", self.name)
    }

    /// Hands `payload` over, and says what the receiver answered: status and text.
    pub(super) async fn hand_over(&self, payload: &Payload) -> io::Result<(StatusCode, Bytes)> {
        let (mut sender, connection) = http1::handshake(TokioIo::new(self.connect()?))
            .await
            .map_err(io::Error::other)?;
        let connection = tokio::spawn(connection);
        let request = Request::post(payload.path)
            .header(http::header::HOST, "collector")
            .header(http::header::CONTENT_TYPE, "application/x-protobuf")
            .body(Full::new(payload.body.clone()))
            .map_err(io::Error::other)?;
        let answered = async {
            let response = sender.send_request(request).await?;
            let status = response.status();
            let body = response.into_body().collect().await?.to_bytes();
            Ok::<_, hyper::Error>((status, body))
        }
        .await;
        connection.abort();
        answered.map_err(io::Error::other)
    }

    fn connect(&self) -> io::Result<UnixStream> {
        let stream = Blocking::connect_addr(&SocketAddr::from_abstract_name(&self.name)?)?;
        stream.set_nonblocking(true)?;
        UnixStream::from_std(stream)
    }
}

//! HTTP/2 with an upstream, on the crate `h2`: frames are what gRPC's framings differ in.

use std::future::poll_fn;

use bytes::{Bytes, BytesMut};
use h2::client::{Builder, SendRequest};
use http::Request;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::dial::Stream;
use super::failure::UpstreamFailure;
use super::verdict::answer;
use super::whole::Whole;
use crate::respond::Answer;

/// How much an upstream may send before it has to wait, on a stream and on a connection. As on the client's side.
const WINDOW_BYTES: u32 = 1024 * 1024;

/// A connection to an upstream. Dropped, it ends, and with it what is on it.
#[derive(Debug)]
pub(super) struct Connection {
    sender: SendRequest<Bytes>,
    /// How the connection ended: its streams learn no more than that it is gone.
    ended: watch::Receiver<Option<UpstreamFailure>>,
    _driver: JoinSet<()>,
}

impl Connection {
    pub(super) async fn new(stream: Box<dyn Stream>) -> Result<Self, UpstreamFailure> {
        let mut builder = Builder::new();
        builder
            .enable_push(false)
            .initial_window_size(WINDOW_BYTES)
            .initial_connection_window_size(WINDOW_BYTES);
        let (sender, connection) = builder.handshake(stream).await?;
        let (ends, ended) = watch::channel(None);
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            let failure = connection.await.err().map(UpstreamFailure::from);
            ends.send_replace(Some(failure.unwrap_or(UpstreamFailure::Closed)));
        });
        Ok(Self {
            sender,
            ended,
            _driver: driver,
        })
    }

    /// Whether another request can be sent: not, after a GOAWAY.
    pub(super) async fn is_alive(&self) -> bool {
        self.sender.clone().ready().await.is_ok()
    }

    /// Dropped before the answer is there, it resets the stream.
    pub(super) async fn send(
        &self,
        request: Request<Whole>,
        limit_bytes: usize,
    ) -> Result<Answer, UpstreamFailure> {
        match self.exchange(request, limit_bytes).await {
            Err(UpstreamFailure::Closed | UpstreamFailure::ConnectionReset) => {
                let mut ended = self.ended.clone();
                let known = ended.wait_for(Option::is_some).await;
                let failure = known.ok().and_then(|failure| failure.clone());
                Err(failure.unwrap_or(UpstreamFailure::Closed))
            }
            result => result,
        }
    }

    async fn exchange(
        &self,
        request: Request<Whole>,
        limit_bytes: usize,
    ) -> Result<Answer, UpstreamFailure> {
        let mut sender = self.sender.clone().ready().await?;
        let (parts, Whole { data, trailers }) = request.into_parts();
        let data = data.unwrap_or_default();
        let ends_with_head = data.is_empty() && trailers.is_none();
        let head = Request::from_parts(parts, ());
        let (response, mut stream) = sender.send_request(head, ends_with_head)?;
        if !ends_with_head {
            // Where the upstream has answered before it read all this, the answer tells.
            let sent = stream.send_data(data, trailers.is_none());
            if let (Ok(()), Some(trailers)) = (sent, trailers) {
                let _ = stream.send_trailers(trailers);
            }
        }
        let (head, mut body) = response.await?.into_parts();
        if body.is_end_stream() {
            return Ok(answer(head.status, head.headers, None, None));
        }
        let mut data: Option<BytesMut> = None;
        while let Some(part) = poll_fn(|cx| body.poll_data(cx)).await {
            let part = part?;
            // An error here means that the stream is gone, which the next read tells.
            let _ = body.flow_control().release_capacity(part.len());
            let data = data.get_or_insert_default();
            if data.len() + part.len() > limit_bytes {
                return Err(UpstreamFailure::TooLarge { limit_bytes });
            }
            data.extend_from_slice(&part);
        }
        let trailers = body.trailers().await?;
        let data = data.map(BytesMut::freeze);
        Ok(answer(head.status, head.headers, data, trailers))
    }
}

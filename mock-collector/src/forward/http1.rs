//! HTTP/1.1 with an upstream, on hyper.

use bytes::BytesMut;
use http::Request;
use http_body_util::BodyExt;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::task::JoinSet;

use super::dial::Stream;
use super::failure::UpstreamFailure;
use super::verdict::answer;
use super::whole::Whole;
use crate::respond::Answer;

/// A connection to an upstream. Dropped, it ends, and with it what is on it.
#[derive(Debug)]
pub(super) struct Connection {
    sender: SendRequest<Whole>,
    _driver: JoinSet<()>,
}

impl Connection {
    pub(super) async fn new(stream: Box<dyn Stream>) -> Result<Self, UpstreamFailure> {
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // How it ended, the request that was on it is told.
            let _ = connection.await;
        });
        Ok(Self {
            sender,
            _driver: driver,
        })
    }

    /// Whether another request can be sent. An upstream that has ended it meanwhile is seen to have, as soon as its end of
    /// stream has arrived.
    pub(super) async fn is_alive(&mut self) -> bool {
        self.sender.ready().await.is_ok()
    }

    pub(super) async fn send(
        &mut self,
        request: Request<Whole>,
        limit_bytes: usize,
    ) -> Result<Answer, UpstreamFailure> {
        let (head, mut body) = self.sender.send_request(request).await?.into_parts();
        let mut data = BytesMut::new();
        let mut trailers = None;
        while let Some(frame) = body.frame().await {
            match frame?.into_data() {
                Ok(part) if data.len() + part.len() > limit_bytes => {
                    return Err(UpstreamFailure::TooLarge { limit_bytes });
                }
                Ok(part) => data.extend_from_slice(&part),
                Err(frame) => trailers = frame.into_trailers().ok(),
            }
        }
        Ok(answer(
            head.status,
            head.headers,
            Some(data.freeze()),
            trailers,
        ))
    }
}

//! What stands between the reference SDK and the receiver: it takes requests and sends others.
//!
//! Plain HTTP on top of hyper, so nothing of it is the receiver's or the SDK's own. Under TLS nothing can be changed; such
//! connections are left alone.

use std::collections::HashSet;
use std::future::pending;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::uri::{Authority, Scheme, Uri};
use http::{Request, Response, Version, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use otelbox_sdk::{BoxedStream, Connector, Target};
use parking_lot::Mutex;
use tokio::io::{DuplexStream, duplex};
use tokio::sync::Notify;

use super::wire::Wire;

/// How many bytes each direction of a connection holds before the writer has to wait.
const BUFFER_BYTES: usize = 64 * 1024;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Makes connections on which other requests are sent than were meant.
pub(super) struct Rewriting {
    inner: Arc<dyn Connector>,
    wire: Arc<Wire>,
    seen: Arc<Mutex<HashSet<Bytes>>>,
}

impl Rewriting {
    pub(super) fn new(inner: Arc<dyn Connector>, wire: Wire) -> Self {
        Self {
            inner,
            wire: Arc::new(wire),
            seen: Arc::default(),
        }
    }
}

impl Connector for Rewriting {
    fn connect<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, io::Result<BoxedStream>> {
        Box::pin(async move {
            let stream = self.inner.connect(target).await?;
            if target.tls {
                return Ok(stream);
            }
            let (near, far) = duplex(BUFFER_BYTES);
            let link = Link {
                inner: Arc::clone(&self.inner),
                target: target.clone(),
                wire: Arc::clone(&self.wire),
                seen: Arc::clone(&self.seen),
                unused: Mutex::new(Some(stream)),
                sender: tokio::sync::Mutex::default(),
                ended: Arc::default(),
                broken: Notify::new(),
            };
            tokio::spawn(Arc::new(link).serve(far));
            Ok(Box::new(near) as BoxedStream)
        })
    }
}

/// One connection of the SDK, and what belongs to it at the other side.
struct Link {
    inner: Arc<dyn Connector>,
    target: Target,
    wire: Arc<Wire>,
    seen: Arc<Mutex<HashSet<Bytes>>>,
    /// The stream that was connected first, until it is used.
    unused: Mutex<Option<BoxedStream>>,
    sender: tokio::sync::Mutex<Option<Sender>>,
    /// The receiver has closed the connection.
    ended: Arc<Notify>,
    /// The connection to the receiver ended in the middle of a request.
    broken: Notify,
}

#[derive(Clone)]
enum Sender {
    Http1(Arc<tokio::sync::Mutex<http1::SendRequest<Full<Bytes>>>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

impl Link {
    async fn serve(self: Arc<Self>, stream: DuplexStream) {
        let service = {
            let link = Arc::clone(&self);
            service_fn(move |request| Arc::clone(&link).forward(request))
        };
        let server = auto::Builder::new(TokioExecutor::new());
        let connection = server.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        loop {
            tokio::select! {
                biased;
                () = self.broken.notified() => return,
                _ = &mut connection => return,
                () = self.ended.notified() => connection.as_mut().graceful_shutdown(),
            }
        }
    }

    async fn forward(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Relayed>, Error> {
        let is_http2 = request.version() == Version::HTTP_2;
        let (mut parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let length_before = body.len();
        let body = self.wire.change(&mut parts, body, &mut self.seen.lock());
        if body.len() != length_before {
            parts.headers.remove(header::CONTENT_LENGTH);
        }
        let to_http2 = is_http2 || self.wire.http2;
        if to_http2 && !is_http2 {
            self.lift(&mut parts)?;
        }
        if let Some(wait) = self.wire.sends_again_after {
            let (link, again) = (Arc::clone(&self), copy(&parts, &body));
            tokio::spawn(async move {
                tokio::time::sleep(wait.get()).await;
                // What becomes of it nobody asks.
                let _ = link.send_apart(again).await;
            });
        }
        let again = copy(&parts, &body);
        let mut sent = self
            .send(Request::from_parts(parts, Full::new(body)), to_http2)
            .await;
        if let Ok(answer) = &sent
            && self.wire.resends.contains(&answer.status().as_u16())
        {
            sent = self.send_apart(again).await;
        }
        match sent {
            Ok(answer) => {
                let (mut head, body) = answer.into_parts();
                self.wire.change_answer(&mut head.status, &mut head.headers);
                let answer = Response::from_parts(head, body);
                Ok(answer.map(|body| Relayed { body, link: self }))
            }
            Err(error) if was_reset(error.as_ref()) => Err(error),
            // A connection that is lost takes that of the SDK with it, and nobody says another word on it.
            Err(_) => {
                self.broken.notify_one();
                pending().await
            }
        }
    }

    /// Makes a request of HTTP/1.1 one of HTTP/2.
    fn lift(&self, parts: &mut http::request::Parts) -> Result<(), Error> {
        let authority: Authority = format!("{}:{}", self.target.host, self.target.port).parse()?;
        let mut uri = std::mem::take(&mut parts.uri).into_parts();
        uri.scheme = Some(Scheme::HTTP);
        uri.authority = Some(authority);
        parts.uri = Uri::from_parts(uri)?;
        parts.version = Version::HTTP_2;
        parts.headers.remove(header::HOST);
        parts.headers.remove(header::CONNECTION);
        Ok(())
    }

    async fn send(
        &self,
        request: Request<Full<Bytes>>,
        to_http2: bool,
    ) -> Result<Response<Incoming>, Error> {
        match self.sender(to_http2).await? {
            Sender::Http1(sender) => {
                let mut sender = sender.lock().await;
                sender.ready().await?;
                Ok(sender.send_request(request).await?)
            }
            Sender::Http2(mut sender) => {
                sender.ready().await?;
                Ok(sender.send_request(request).await?)
            }
        }
    }

    /// Sends a request of HTTP/1.1 on a connection of its own.
    async fn send_apart(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Error> {
        let stream = self.inner.connect(&self.target).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            let _ = connection.await;
        });
        Ok(sender.send_request(request).await?)
    }

    async fn sender(&self, http2: bool) -> Result<Sender, Error> {
        let mut kept = self.sender.lock().await;
        if let (Some(sender), false) = (kept.as_ref(), self.wire.connection_per_request) {
            return Ok(sender.clone());
        }
        let unused = self.unused.lock().take();
        let stream = match unused {
            Some(stream) => stream,
            None => self.inner.connect(&self.target).await?,
        };
        let sender = self.handshake(stream, http2).await?;
        if !self.wire.connection_per_request {
            *kept = Some(sender.clone());
        }
        Ok(sender)
    }

    async fn handshake(&self, stream: BoxedStream, http2: bool) -> Result<Sender, Error> {
        let ended = (!self.wire.connection_per_request).then(|| Arc::clone(&self.ended));
        let tell = move || {
            if let Some(ended) = &ended {
                ended.notify_one();
            }
        };
        if http2 {
            let (sender, connection) =
                http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
            tokio::spawn(async move {
                let _ = connection.await;
                tell();
            });
            return Ok(Sender::Http2(sender));
        }
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            let _ = connection.await;
            tell();
        });
        Ok(Sender::Http1(Arc::new(tokio::sync::Mutex::new(sender))))
    }
}

/// The same request once more.
fn copy(parts: &http::request::Parts, body: &Bytes) -> Request<Full<Bytes>> {
    Request::from_parts(parts.clone(), Full::new(body.clone()))
}

/// Whether the other side reset a stream of HTTP/2, and not its connection.
fn was_reset(error: &(dyn std::error::Error + 'static)) -> bool {
    let source = error
        .downcast_ref::<hyper::Error>()
        .and_then(std::error::Error::source);
    let reason = source
        .and_then(|source| source.downcast_ref::<h2::Error>())
        .and_then(h2::Error::reason);
    reason.is_some()
}

/// The body of an answer on its way to the SDK.
struct Relayed {
    body: Incoming,
    link: Arc<Link>,
}

impl Body for Relayed {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match ready!(Pin::new(&mut self.body).poll_frame(context)) {
            Some(Err(error)) if !was_reset(&error) => {
                self.link.broken.notify_one();
                Poll::Pending
            }
            other => Poll::Ready(other),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

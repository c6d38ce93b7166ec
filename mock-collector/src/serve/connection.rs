use std::sync::{Arc, OnceLock};

use tokio::io::{AsyncRead, AsyncWrite};

use super::{http1, http2};
use crate::core::Core;
use crate::forward::{Forwarder, Link, Relayed, relay};
use crate::journal::{ConnectionEvent, End, Peer, Port};
use crate::listen::{Interposed, Interposition, ServerStream, Sniffed, Wire, WireState};
use crate::tls::{Unsecured, secure};

/// Why the collector ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A fault resets it.
    Reset,
    /// A fault closes it.
    Closed,
    /// The collector goes away, for a while or for ever.
    Stopped,
}

/// The client broke the protocol; the text says how.
#[derive(Debug)]
pub(super) struct ProtocolError(pub(super) String);

/// One connection, as its exchanges see it.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) core: Arc<Core>,
    pub(crate) ordinal: u64,
    pub(crate) port: Port,
    /// The layer above TLS, below HTTP.
    pub(super) interposition: Arc<Interposition>,
    /// Where its requests, or its bytes, are forwarded.
    pub(super) link: Option<Link>,
    wire: Arc<WireState>,
    cause: OnceLock<Cause>,
}

impl Connection {
    pub(crate) fn new(core: Arc<Core>, ordinal: u64, port: Port) -> Self {
        let forwarder = core.forwarder.as_ref();
        let link = forwarder.map(|forwarder| Link::new(Arc::clone(forwarder.dialler(port))));
        Self {
            core,
            ordinal,
            port,
            interposition: Arc::default(),
            link,
            wire: Arc::default(),
            cause: OnceLock::new(),
        }
    }

    /// The stream with the layer through which this connection is meddled with.
    pub(super) fn interposed<S: AsyncWrite + Unpin>(&self, stream: S) -> Interposed<S> {
        Interposed::new(stream, Arc::clone(&self.interposition))
    }

    /// Ends the connection. The first cause counts.
    pub(crate) fn end(&self, cause: Cause) {
        let _ = self.cause.set(cause);
        self.wire.end();
    }

    /// Closes the connection when all that was handed to the HTTP implementation has been written.
    pub(crate) fn close_when_flushed(&self) {
        let _ = self.cause.set(Cause::Closed);
        self.wire.end_when_flushed();
    }

    /// Whether the client has ended the connection.
    pub(crate) fn ended_by_client(&self) -> bool {
        self.wire.ended_by_peer()
    }

    /// How an exchange ends that ends with its connection.
    pub(crate) fn end_of_exchange(&self) -> End {
        match self.cause.get() {
            Some(Cause::Reset) => End::ResetByCollector,
            Some(Cause::Closed) => End::ClosedByCollector,
            Some(Cause::Stopped) => End::CollectorStopped,
            None if self.core.journal.is_stopped() => End::CollectorStopped,
            None => End::ClientGone,
        }
    }

    /// Serves the connection until one side ends it.
    pub(crate) async fn serve(self: Arc<Self>, stream: ServerStream) {
        let (wire, returned) = Wire::new(stream, Arc::clone(&self.wire));
        let result = tokio::select! {
            biased;
            () = self.wire.ended() => Ok(()),
            result = self.serve_wire(wire) => result,
        };
        // Everything that held the wire was dropped with the future above: the exchanges are complete, the stream is back.
        let Ok(stream) = returned.await else { return };
        if let (Err(ProtocolError(text)), true) = (result, self.wire.has_read()) {
            self.record(ConnectionEvent::ProtocolError(text));
        }
        match self.cause.get() {
            Some(Cause::Reset) => {
                self.record(ConnectionEvent::Reset {
                    by: Peer::Collector,
                });
                stream.reset();
            }
            Some(Cause::Stopped) => self.record(ConnectionEvent::Closed {
                by: Peer::Collector,
            }),
            None if self.wire.reset_by_peer() => {
                self.record(ConnectionEvent::Reset { by: Peer::Client });
            }
            None if self.wire.ended_by_peer() => {
                self.record(ConnectionEvent::Closed { by: Peer::Client });
            }
            Some(Cause::Closed) | None => {
                self.record(ConnectionEvent::Closed {
                    by: Peer::Collector,
                });
                tokio::select! {
                    () = stream.close() => {}
                    () = self.wire.ended() => {}
                }
            }
        }
    }

    async fn serve_wire(self: &Arc<Self>, wire: Wire) -> Result<(), ProtocolError> {
        if let (Some(link), Some(true)) = (
            &self.link,
            self.core.forwarder.as_ref().map(Forwarder::is_tcp),
        ) {
            self.pass_bytes(wire, link).await;
            return Ok(());
        }
        let Some(tls) = &self.core.tls else {
            return self.serve_sniffed(wire).await.map_err(|error| {
                if self.wire.began_with_tls() {
                    ProtocolError("a TLS handshake on a plain text port".to_owned())
                } else {
                    error
                }
            });
        };
        match secure(tls, self.port, wire).await {
            Ok((stream, secured)) => {
                let http2 = secured.alpn.as_deref().map(|name| name == "h2");
                self.record(ConnectionEvent::Secured(secured));
                match http2 {
                    Some(true) => http2::serve(self, stream).await,
                    Some(false) => http1::serve(self, stream).await,
                    None => self.serve_sniffed(stream).await,
                }
            }
            Err(Unsecured::Silent) => Ok(()),
            Err(Unsecured::PlainText(text)) => {
                self.record(ConnectionEvent::PlainText(text));
                Ok(())
            }
            Err(Unsecured::Failed(reason)) => {
                self.record(ConnectionEvent::HandshakeFailed(reason));
                Ok(())
            }
        }
    }

    async fn serve_sniffed<S: AsyncRead + AsyncWrite + Unpin>(
        self: &Arc<Self>,
        stream: S,
    ) -> Result<(), ProtocolError> {
        if self.port == Port::Grpc {
            return http2::serve(self, stream).await;
        }
        let mut stream = Sniffed::new(stream);
        // An error here means that the client is gone; the HTTP implementation sees it again.
        if stream.speaks_http2().await.unwrap_or_default() {
            http2::serve(self, stream).await
        } else {
            http1::serve(self, stream).await
        }
    }

    /// Passes bytes between the client and the upstream until one of them ends it.
    async fn pass_bytes(&self, wire: Wire, link: &Link) {
        let passing = Passing {
            connection: self,
            link,
            relayed: Relayed::default(),
        };
        if let Err(failure) = relay(wire, link.dialler(), &passing.relayed).await {
            self.record(ConnectionEvent::UpstreamFailed(failure.to_string()));
            self.end(Cause::Reset);
        }
    }

    fn record(&self, event: ConnectionEvent) {
        self.core.journal.connection(self.ordinal, self.port, event);
    }
}

/// A connection whose bytes are passed on. Whatever ends it, how many there were is recorded.
struct Passing<'a> {
    connection: &'a Connection,
    link: &'a Link,
    relayed: Relayed,
}

impl Drop for Passing<'_> {
    fn drop(&mut self) {
        let (to_upstream_bytes, to_client_bytes) = self.relayed.bytes();
        self.connection.record(ConnectionEvent::Relayed {
            upstream: self.link.route().to_string(),
            to_upstream_bytes,
            to_client_bytes,
        });
    }
}

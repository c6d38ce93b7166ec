use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::sleep;

use super::outbox::Outbox;
use super::{http1, http2};
use crate::core::{Core, until};
use crate::decide::ConnectionFacts;
use crate::fault::{Conditions, Moment};
use crate::forward::{Forwarder, Link, Relayed, relay};
use crate::journal::{ConnectionEvent, End, Peer, Port};
use crate::listen::{Cause, Interposed, Interposition, ServerStream, Sniffed, Wire, WireState};
use crate::tls::{UNEXPECTED_PLAIN_TEXT, Unsecured, secure};

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
    /// Answers over HTTP/1.1 that may not have left yet, where that has to be known.
    pub(super) outbox: Outbox,
    /// What faults ask of it.
    pub(super) conditions: Conditions,
    /// Where its requests, or its bytes, are forwarded.
    pub(super) link: Option<Link>,
    wire: Arc<WireState>,
    /// When it was made, since the collector started.
    opened_at: Duration,
    gives_up: AtomicBool,
}

impl Connection {
    /// A connection that was just accepted; enters into the journal what faults ask of it.
    pub(crate) fn new(core: Arc<Core>, ordinal: u64, port: Port) -> Self {
        let forwarder = core.forwarder.as_ref();
        let link = forwarder.map(|forwarder| Link::new(Arc::clone(forwarder.dialler(port))));
        let mut connection = Self {
            opened_at: core.journal.elapsed(),
            core,
            ordinal,
            port,
            interposition: Arc::default(),
            outbox: Outbox::default(),
            conditions: Conditions::default(),
            link,
            wire: Arc::default(),
            gives_up: AtomicBool::new(false),
        };
        connection.conditions = connection.conditions_at(Moment::Accepted);
        connection
    }

    /// The conditions of the connection with those that faults ask for at this moment, which are entered into the
    /// journal.
    pub(super) fn conditions_at(&self, moment: Moment) -> Conditions {
        let mut conditions = self.conditions;
        let facts = ConnectionFacts {
            connection: self.ordinal,
            at: self.core.journal.elapsed(),
            tls: self.core.tls.is_some(),
        };
        let faults = self
            .core
            .faults
            .set_conditions(facts, moment, &mut conditions);
        if !faults.is_empty() {
            self.core.journal.connection_by(
                faults,
                self.ordinal,
                self.port,
                ConnectionEvent::Shaped,
            );
        }
        conditions
    }

    /// The stream with the layer through which this connection is meddled with.
    pub(super) fn interposed<S: AsyncWrite + Unpin>(&self, stream: S) -> Interposed<S> {
        Interposed::new(stream, Arc::clone(&self.interposition))
    }

    /// Ends the connection. The first cause counts.
    pub(crate) fn end(&self, cause: Cause) {
        self.wire.end(cause);
    }

    /// Closes the connection when all that was handed to the HTTP implementation has been written.
    pub(crate) fn close_when_flushed(&self) {
        self.wire.close_when_flushed();
    }

    /// Has the connection given up in good order, by HTTP/2's GOAWAY.
    pub(super) fn give_up(&self) {
        self.gives_up.store(true, Ordering::Relaxed);
    }

    /// Whether it is to be given up, and was not yet.
    pub(super) fn is_to_be_given_up(&self) -> bool {
        self.gives_up.load(Ordering::Relaxed)
    }

    /// The GOAWAY is under way.
    pub(super) fn gave_up(&self) {
        self.gives_up.store(false, Ordering::Relaxed);
    }

    /// Whether it has reached the age at which it is given up.
    pub(super) fn is_old(&self) -> bool {
        self.conditions.max_age.is_some_and(|max| {
            self.core.journal.elapsed() >= self.opened_at.saturating_add(max.age)
        })
    }

    /// Waits until it has reached the age at which it is given up; for ever where there is none.
    pub(super) async fn grows_old(&self) {
        let age = self.conditions.max_age.map(|max| max.age);
        until(age.map(|age| self.core.journal.started() + self.opened_at + age)).await;
    }

    /// Ends the connection when the time is over that it has after it was given up; never where there is no such time.
    async fn ends_of_age(&self) {
        let age = self
            .conditions
            .max_age
            .and_then(|max| Some(max.age + max.grace?));
        until(age.map(|age| self.core.journal.started() + self.opened_at + age)).await;
        self.end(Cause::Closed);
    }

    /// Whether the client has ended the connection.
    pub(crate) fn ended_by_client(&self) -> bool {
        self.wire.ended_by_peer()
    }

    /// How an exchange ends that ends with its connection.
    pub(crate) fn end_of_exchange(&self) -> End {
        match self.wire.cause() {
            Some(Cause::Reset) => End::ResetByCollector,
            Some(Cause::Closed) => End::ClosedByCollector,
            Some(Cause::Stopped) => End::CollectorStopped,
            None if self.core.journal.is_stopped() => End::CollectorStopped,
            None => End::ClientGone,
        }
    }

    /// How an exchange ends whose stream does not wait for its answer any more: by `RST_STREAM`, or because its connection is
    /// gone.
    pub(super) fn end_of_cancelled(&self, by_reset: bool) -> End {
        if by_reset {
            End::ClientCancelled
        } else {
            self.end_of_exchange()
        }
    }

    /// How an exchange ends whose answer was sent to the end, as far as the HTTP implementation knows.
    pub(super) fn end_of_answer(&self) -> End {
        if self.wire.loses_bytes() || (self.wire.is_half_closed() && self.wire.ended_by_peer()) {
            // It was sent to nobody, or not to its end, which a client does not wait for.
            End::ClosedByCollector
        } else {
            End::Answered
        }
    }

    /// Serves the connection until one side ends it.
    pub(crate) async fn serve(self: Arc<Self>, stream: ServerStream) {
        if self.conditions.stall.is_some() {
            return self.stall(stream).await;
        }
        let (wire, returned) = Wire::new(stream, &self.conditions, Arc::clone(&self.wire));
        let result = tokio::select! {
            biased;
            () = self.wire.ended() => Ok(()),
            () = self.ends_of_age() => Ok(()),
            result = self.serve_wire(wire) => result,
        };
        self.outbox.abandon();
        // Everything that held the wire was dropped with the future above: the exchanges are complete, the stream is back.
        let Ok(stream) = returned.await else { return };
        if let (Err(ProtocolError(text)), true) = (result, self.wire.has_read()) {
            self.record(ConnectionEvent::ProtocolError(text));
        }
        match self.wire.cause() {
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
                tokio::select! {
                    () = self.linger() => {}
                    () = self.wire.ended() => {}
                }
            }
            Some(Cause::Closed) | None => {
                self.record(ConnectionEvent::Closed {
                    by: Peer::Collector,
                });
                let close = async {
                    self.linger().await;
                    stream.close().await;
                };
                tokio::select! {
                    () = close => {}
                    () = self.wire.ended() => {}
                }
            }
        }
    }

    /// Waits for as long as the collector's end stays open after the connection is over.
    async fn linger(&self) {
        if let Some(close) = self.conditions.slow_close {
            sleep(close.wait).await;
        }
    }

    /// Leaves the connection alone until somebody ends it.
    async fn stall(&self, stream: ServerStream) {
        let ended = tokio::select! {
            biased;
            () = self.wire.ended() => Peer::Collector,
            () = stream.client_left() => Peer::Client,
        };
        self.record(ConnectionEvent::Closed { by: ended });
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
            if self.conditions.tls_alert.is_some() {
                return self.alert(wire).await;
            }
            return self.serve_sniffed(wire).await.map_err(|error| {
                if self.wire.began_with_tls() {
                    ProtocolError("a TLS handshake on a plain text port".to_owned())
                } else {
                    error
                }
            });
        };
        match secure(tls, self.port, self.conditions.tls, wire).await {
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
            Err(Unsecured::Ended(cause)) => {
                self.end(cause);
                Ok(())
            }
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

    /// Answers plain text as a server does that speaks TLS.
    async fn alert(&self, wire: Wire) -> Result<(), ProtocolError> {
        let mut stream = Sniffed::new(wire);
        // An error here means that the client is gone.
        if stream
            .first_bytes()
            .await
            .is_ok_and(|first| !first.is_empty())
        {
            let _ = stream.write_all(UNEXPECTED_PLAIN_TEXT).await;
            let _ = stream.flush().await;
            self.end(Cause::Closed);
        }
        Ok(())
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

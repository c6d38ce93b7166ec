//! The SDK's connections, counted: one that is still there after the shutdown has leaked.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use otelbox_mock_collector::{MemoryConnector, MockCollector, Port};
use otelbox_sdk::{BoxFuture, BoxedStream, Connector, Target, TcpConnector};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Where the SDK's connections come from.
pub(super) struct Wires {
    kind: Kind,
    open: Open,
}

/// How many streams there are now. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Open(Arc<AtomicUsize>);

impl Open {
    pub(super) fn count(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }
}

enum Kind {
    Tcp(TcpConnector),
    Memory {
        connector: MemoryConnector,
        /// Host and port of the port for gRPC; any other is that for HTTP.
        grpc: String,
    },
}

impl Wires {
    /// Connections over TCP.
    pub(super) fn tcp() -> Self {
        Self::of(Kind::Tcp(TcpConnector))
    }

    /// Connections to `collector` in memory.
    pub(super) fn in_memory(collector: &MockCollector) -> Self {
        let endpoint = collector.grpc_endpoint();
        let authority = endpoint.split_once("://").map_or("", |(_, rest)| rest);
        Self::of(Kind::Memory {
            connector: collector.connector(),
            grpc: authority.to_owned(),
        })
    }

    fn of(kind: Kind) -> Self {
        Self {
            kind,
            open: Open::default(),
        }
    }

    pub(super) fn open(&self) -> Open {
        self.open.clone()
    }
}

impl Connector for Wires {
    fn connect<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, io::Result<BoxedStream>> {
        Box::pin(async move {
            let stream: BoxedStream = match &self.kind {
                Kind::Tcp(connector) => connector.connect(target).await?,
                Kind::Memory { connector, grpc } => {
                    let port = if format!("{}:{}", target.host, target.port) == *grpc {
                        Port::Grpc
                    } else {
                        Port::Http
                    };
                    Box::new(connector.connect(port).await?)
                }
            };
            self.open.0.fetch_add(1, Ordering::AcqRel);
            let open = self.open.clone();
            Ok(Box::new(Counted { stream, open }) as BoxedStream)
        })
    }
}

/// A stream that is counted as long as it lives.
struct Counted {
    stream: BoxedStream,
    open: Open,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.open.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

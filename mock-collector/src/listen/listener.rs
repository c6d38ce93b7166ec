use std::io;

use tokio::sync::mpsc;

use super::{ServerStream, TcpPort};

/// One port of a collector: always reachable in memory, and over TCP if it has an address.
#[derive(Debug)]
pub(crate) struct Listener {
    tcp: Option<TcpPort>,
    dialled: mpsc::UnboundedReceiver<ServerStream>,
}

impl Listener {
    pub(crate) const fn new(
        tcp: Option<TcpPort>,
        dialled: mpsc::UnboundedReceiver<ServerStream>,
    ) -> Self {
        Self { tcp, dialled }
    }

    /// Listens, where it does not already.
    pub(crate) fn open(&mut self) -> io::Result<()> {
        self.tcp.as_mut().map_or(Ok(()), TcpPort::open)
    }

    /// Stops listening and keeps the port. In memory, the connector refuses.
    pub(crate) fn close(&mut self) {
        if let Some(tcp) = &mut self.tcp {
            tcp.close();
        }
    }

    /// Leaves whoever connects without an answer. In memory, the connector waits.
    pub(crate) async fn swallow(&mut self) -> io::Result<()> {
        match &mut self.tcp {
            Some(tcp) => tcp.swallow().await,
            None => Ok(()),
        }
    }

    /// The next connection. Cancel safe.
    pub(crate) async fn accept(&mut self) -> io::Result<ServerStream> {
        let Self { tcp, dialled } = self;
        tokio::select! {
            biased;
            Some(stream) = dialled.recv() => Ok(stream),
            accepted = accept_tcp(tcp.as_mut()) => accepted.map(ServerStream::Tcp),
        }
    }
}

async fn accept_tcp(tcp: Option<&mut TcpPort>) -> io::Result<tokio::net::TcpStream> {
    match tcp {
        Some(tcp) => tcp.accept().await,
        None => std::future::pending().await,
    }
}

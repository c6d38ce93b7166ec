//! The collector: two ports, a fault plan and a journal.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::builder::{MockCollectorBuilder, StartError};
use crate::core::Core;
use crate::fault::{Fault, FaultGuard, FaultStatus, InvalidFault, LiveFaults};
use crate::journal::{Journal, Port, WaitFor};
use crate::ledger::Ledger;
use crate::listen::{Listener, MemoryConnector, TcpPort};
use crate::serve::{AcceptLoop, Command};
use crate::tls::{Certificates, LiveTls};

/// Where a collector without TCP says it is: only its connector leads there.
const MEMORY_GRPC_AUTHORITY: &str = "localhost:4317";
const MEMORY_HTTP_AUTHORITY: &str = "localhost:4318";

/// An OTLP receiver that runs in this process: it takes what an exporter sends, misbehaves as its faults say, and keeps
/// a journal.
///
/// It runs on the runtime on which it was started, and ends with [`MockCollector::stop`] or when it is dropped; then it
/// releases its ports and ends its connections. Its journal can still be read.
#[derive(Debug)]
#[must_use = "the collector ends when it is dropped"]
pub struct MockCollector {
    core: Arc<Core>,
    connector: MemoryConnector,
    addresses: Option<Addresses>,
    commands: [mpsc::UnboundedSender<Command>; 2],
    /// The two accept loops, which own all connections.
    _accept_loops: JoinSet<()>,
}

/// A running collector, for who does not own it.
#[cfg(feature = "control")]
#[derive(Clone, Debug)]
pub(crate) struct Handle {
    pub(crate) core: Arc<Core>,
    /// That for OTLP/gRPC and that for OTLP/HTTP.
    pub(crate) endpoints: [String; 2],
    commands: [mpsc::UnboundedSender<Command>; 2],
}

#[cfg(feature = "control")]
impl Handle {
    /// As [`MockCollector::stop`]: when this returns, every exchange has ended, and nothing arrives any more.
    pub(crate) async fn stop(&self) {
        self.core.journal.stop();
        self.core.set_down(true);
        for commands in &self.commands {
            let (done, settled) = oneshot::channel();
            if commands.send(Command(done)).is_ok() {
                // Closing does not fail, and a loop that is gone has nothing open.
                let _ = settled.await;
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Addresses {
    pub(crate) grpc: SocketAddr,
    pub(crate) http: SocketAddr,
}

impl MockCollector {
    /// A collector to be configured.
    pub fn builder() -> MockCollectorBuilder {
        MockCollectorBuilder::default()
    }

    /// Starts a collector that accepts everything, on free ports of the loopback interface.
    ///
    /// # Errors
    ///
    /// [`StartError`] if the ports cannot be had.
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    pub(crate) async fn run(core: Core, addresses: Option<Addresses>) -> Result<Self, StartError> {
        let core = Arc::new(core);
        let (connector, grpc_dialled, http_dialled) = MemoryConnector::new(Arc::clone(&core));
        let (grpc_tcp, http_tcp) = match addresses {
            Some(Addresses { grpc, http }) => {
                (Some(bind(Port::Grpc, grpc)?), Some(bind(Port::Http, http)?))
            }
            None => (None, None),
        };
        let addresses = match (&grpc_tcp, &http_tcp) {
            (Some(grpc), Some(http)) => Some(Addresses {
                grpc: grpc.address(),
                http: http.address(),
            }),
            _ => None,
        };
        if let (Some(forwarder), Some(own)) = (&core.forwarder, addresses) {
            forwarder.check_loops(own).await?;
        }
        let mut accept_loops = JoinSet::new();
        let mut start = async |port: Port, listener: Listener| {
            let (commands, received) = mpsc::unbounded_channel();
            let mut accept_loop = AcceptLoop::new(Arc::clone(&core), port, listener, received);
            let opened = accept_loop.settle().await;
            opened.map_err(|source| StartError::listen(port, addresses, source))?;
            accept_loops.spawn(accept_loop.run());
            Ok::<_, StartError>(commands)
        };
        let commands = [
            start(Port::Grpc, Listener::new(grpc_tcp, grpc_dialled)).await?,
            start(Port::Http, Listener::new(http_tcp, http_dialled)).await?,
        ];
        Ok(Self {
            core,
            connector,
            addresses,
            commands,
            _accept_loops: accept_loops,
        })
    }

    /// The endpoint for OTLP/gRPC: `http://127.0.0.1:4317`, with the port that was bound, or `https://` with TLS.
    pub fn grpc_endpoint(&self) -> String {
        self.endpoint(self.grpc_addr(), MEMORY_GRPC_AUTHORITY)
    }

    /// The base endpoint for OTLP/HTTP, without a path: `http://127.0.0.1:4318`, with the port that was bound, or
    /// `https://` with TLS.
    pub fn http_endpoint(&self) -> String {
        self.endpoint(self.http_addr(), MEMORY_HTTP_AUTHORITY)
    }

    fn endpoint(&self, address: Option<SocketAddr>, in_memory: &str) -> String {
        let scheme = if self.core.tls.is_some() {
            "https"
        } else {
            "http"
        };
        match address {
            Some(address) => format!("{scheme}://{address}"),
            None => format!("{scheme}://{in_memory}"),
        }
    }

    /// The address of the port for OTLP/gRPC; `None` where the collector is reachable only in memory.
    pub fn grpc_addr(&self) -> Option<SocketAddr> {
        self.addresses.map(|addresses| addresses.grpc)
    }

    /// The address of the port for OTLP/HTTP; `None` where the collector is reachable only in memory.
    pub fn http_addr(&self) -> Option<SocketAddr> {
        self.addresses.map(|addresses| addresses.http)
    }

    /// Makes in-memory connections to this collector.
    pub fn connector(&self) -> MemoryConnector {
        self.connector.clone()
    }

    /// What clients need to speak TLS with this collector; `None` where it speaks plain text.
    pub fn certificates(&self) -> Option<Certificates> {
        self.core.tls.as_ref().map(LiveTls::certificates)
    }

    /// Makes new authorities, and new certificates for collector and client, in place of the old ones. Connections that
    /// exist go on; new ones are made with the new certificates. Without TLS it does nothing.
    ///
    /// # Errors
    ///
    /// [`StartError::Certificates`]; the old ones stay then.
    pub fn rotate_certificates(&self) -> Result<(), StartError> {
        let rotated = self.core.tls.as_ref().map_or(Ok(()), LiveTls::rotate);
        rotated.map_err(StartError::Certificates)
    }

    /// Adds a fault after those there are. It is removed when the guard is dropped.
    ///
    /// # Errors
    ///
    /// [`InvalidFault`] if the fault cannot be meant.
    pub fn add_fault(&self, fault: Fault) -> Result<FaultGuard, InvalidFault> {
        self.core.faults.add(fault)
    }

    /// Replaces all faults.
    ///
    /// # Errors
    ///
    /// [`InvalidFault`] for the first that cannot be meant; nothing has changed then.
    pub fn set_faults(&self, faults: impl IntoIterator<Item = Fault>) -> Result<(), InvalidFault> {
        self.core.faults.set(faults)
    }

    /// The faults in order, and how often each has fired.
    pub fn faults(&self) -> Vec<FaultStatus> {
        self.core.faults.statuses()
    }

    /// The faults themselves, to be looked at and changed from another thread. Clones share them.
    pub fn live_faults(&self) -> LiveFaults {
        self.core.faults.clone()
    }

    /// Stops listening and ends all connections, as if the collector's process had ended. The ports stay reserved:
    /// connecting to them is refused.
    ///
    /// Returns when that is done. Exchanges in progress end as [`End::CollectorStopped`](crate::journal::End).
    pub async fn take_down(&self) {
        self.core.set_down(true);
        // Closing does not fail.
        let _ = self.settle().await;
    }

    /// Listens again, on the same ports. Where a fault refuses connections, it goes on to do so.
    ///
    /// # Errors
    ///
    /// [`StartError`] if somebody else has taken a port.
    pub async fn bring_up(&self) -> Result<(), StartError> {
        self.core.set_down(false);
        self.settle().await
    }

    /// The journal. Clones share it, and outlive the collector.
    pub fn journal(&self) -> Journal {
        self.core.journal.clone()
    }

    /// What was offered and what was taken so far.
    pub fn ledger(&self) -> Ledger {
        Ledger::of(&self.core.journal)
    }

    /// A wait for something to arrive.
    pub fn wait_for(&self) -> WaitFor {
        self.core.journal.wait_for()
    }

    /// Stops listening, ends all connections, and completes the exchanges in progress.
    pub async fn stop(self) -> Journal {
        self.core.journal.stop();
        self.take_down().await;
        self.journal()
    }

    /// What can be done to this collector from elsewhere.
    #[cfg(feature = "control")]
    pub(crate) fn handle(&self) -> Handle {
        Handle {
            core: Arc::clone(&self.core),
            endpoints: [self.grpc_endpoint(), self.http_endpoint()],
            commands: self.commands.clone(),
        }
    }

    /// Has both ports do what the faults and [`Core::set_down`] ask for.
    async fn settle(&self) -> Result<(), StartError> {
        for (port, commands) in Port::ALL.into_iter().zip(&self.commands) {
            let (done, settled) = oneshot::channel();
            let sent = commands.send(Command(done)).is_ok();
            // The loops live as long as the collector and its runtime.
            if let (true, Ok(Err(source))) = (sent, settled.await) {
                return Err(StartError::listen(port, self.addresses, source));
            }
        }
        Ok(())
    }
}

impl Drop for MockCollector {
    fn drop(&mut self) {
        self.core.journal.stop();
    }
}

fn bind(port: Port, address: SocketAddr) -> Result<TcpPort, StartError> {
    TcpPort::bind(address).map_err(|source| StartError::Listen {
        port,
        address: Some(address),
        source,
    })
}

//! How a collector is configured.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crate::clock::{SystemWallClock, WallClock};
use crate::collector::{Addresses, MockCollector};
use crate::core::Core;
use crate::fault::{Fault, InvalidFault, LiveFaults};
use crate::forward::{Forward, Forwarder, InvalidForward};
use crate::journal::{DEFAULT_BUDGET_BYTES, Journal, Port};
use crate::plan::FaultPlan;
use crate::receive::limits::DEFAULT_REQUEST_BYTES;
use crate::signal::Signal;
use crate::tls::{LiveTls, ServerTls};

/// A free port of the loopback interface.
const ANY_LOOPBACK_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A collector to be started.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing before `start`"]
pub struct MockCollectorBuilder {
    grpc: SocketAddr,
    http: SocketAddr,
    in_memory: bool,
    faults: Vec<Fault>,
    seed: u64,
    journal_budget_bytes: usize,
    max_request_bytes: usize,
    http_paths: Vec<(String, Signal)>,
    tls: Option<ServerTls>,
    forward: Option<Forward>,
    wall_clock: Arc<dyn WallClock>,
}

impl Default for MockCollectorBuilder {
    fn default() -> Self {
        Self {
            grpc: ANY_LOOPBACK_PORT,
            http: ANY_LOOPBACK_PORT,
            in_memory: false,
            faults: Vec::new(),
            seed: 0,
            journal_budget_bytes: DEFAULT_BUDGET_BYTES,
            max_request_bytes: DEFAULT_REQUEST_BYTES,
            http_paths: Vec::new(),
            tls: None,
            forward: None,
            wall_clock: Arc::new(SystemWallClock),
        }
    }
}

impl MockCollectorBuilder {
    /// The address for OTLP/gRPC; port 0 takes a free one. Default: a free port of the loopback interface.
    pub const fn grpc(mut self, address: SocketAddr) -> Self {
        self.grpc = address;
        self
    }

    /// The address for OTLP/HTTP; port 0 takes a free one. Default: a free port of the loopback interface.
    pub const fn http(mut self, address: SocketAddr) -> Self {
        self.http = address;
        self
    }

    /// Opens no TCP ports: the collector is reachable only by [`MockCollector::connector`]. For virtual time.
    pub const fn in_memory(mut self) -> Self {
        self.in_memory = true;
        self
    }

    /// Adds a fault after those there are.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Adds faults after those there are, in order.
    pub fn faults(mut self, faults: impl IntoIterator<Item = Fault>) -> Self {
        self.faults.extend(faults);
        self
    }

    /// The seed of faults that have a probability and no seed of their own; default 0.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// About how many bytes the journal keeps; default 64 MiB. Beyond, the oldest payloads go, and that is counted.
    pub const fn journal_budget(mut self, bytes: usize) -> Self {
        self.journal_budget_bytes = bytes;
        self
    }

    /// The largest request that is taken, as sent and decompressed; default 64 MiB. Larger ones get 413 or
    /// `RESOURCE_EXHAUSTED`.
    pub const fn max_request_bytes(mut self, bytes: usize) -> Self {
        self.max_request_bytes = bytes;
        self
    }

    /// Takes exports of `signal` at `path` too, for clients whose endpoint is a whole URL. Default: at the paths of OTLP
    /// only, such as `/v1/metrics`.
    pub fn http_path(mut self, signal: Signal, path: impl Into<String>) -> Self {
        self.http_paths.push((path.into(), signal));
        self
    }

    /// Speaks TLS on both ports, with certificates made at the start. Default: plain text.
    pub fn tls(mut self, tls: ServerTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Forwards to a real Collector. Default: the collector answers for itself.
    ///
    /// To `http://` and `https://`: a request is forwarded where what is decided for it takes the payload, and else what
    /// is decided comes in place of that. The upstream's answer goes back as it came, unless a fault says otherwise and
    /// the upstream has taken the payload: what it refused is never told as anything else. Where it does not answer, the
    /// client gets gRPC `UNAVAILABLE` or HTTP 502, and the journal says why ([`Exchange::forwarding`]). The ledger counts
    /// what the upstream took. Requests on other paths (health, reflection) are forwarded as well. Requests and answers
    /// are read to their end, up to [`MockCollectorBuilder::max_request_bytes`], before they go on: a call that streams is
    /// forwarded when the client has sent all of it.
    ///
    /// Methods, targets, fields in their order by name, bodies and trailers stay as they are. Names of fields are in lower
    /// case over HTTP/1.1, too; fields that are about one
    /// connection (RFC 9110, section 7.6.1) do not go on, `host` and `:authority` are the upstream's, framing is that of the
    /// connection, interim answers (1xx) are not passed. Nothing is added, and nothing is sent again.
    ///
    /// To `tcp://`: bytes are passed. Only faults on connections are possible then.
    ///
    /// [`Exchange::forwarding`]: crate::Exchange::forwarding
    pub fn forward(mut self, forward: Forward) -> Self {
        self.forward = Some(forward);
        self
    }

    /// The wall clock for dates that are sent and shown; default the system's. Nothing waits for it.
    pub fn wall_clock(mut self, wall_clock: Arc<dyn WallClock>) -> Self {
        self.wall_clock = wall_clock;
        self
    }

    /// Starts the collector on the current runtime. When this returns, it listens.
    ///
    /// # Errors
    ///
    /// [`StartError::Fault`] for a fault that cannot be meant, [`StartError::Listen`] for a port that cannot be had,
    /// [`StartError::Certificates`] for names that no certificate can hold, [`StartError::Forward`] for a way that cannot
    /// be meant.
    pub async fn start(self) -> Result<MockCollector, StartError> {
        let forwarder = self.forward.as_ref().map(Forwarder::try_new).transpose()?;
        let passes_bytes = forwarder.as_ref().is_some_and(Forwarder::is_tcp);
        if passes_bytes && self.tls.is_some() {
            return Err(InvalidForward::TlsOverTcp.into());
        }
        let plan = FaultPlan::try_new(self.faults, self.seed)?;
        let faults = if passes_bytes {
            LiveFaults::on_connections_only(plan)?
        } else {
            LiveFaults::new(plan)
        };
        let journal = Journal::new(self.journal_budget_bytes, self.wall_clock);
        let core = Core::new(journal, faults, self.max_request_bytes)
            .with_http_paths(self.http_paths)
            .with_forwarder(forwarder)
            .with_tls(
                self.tls
                    .map(LiveTls::new)
                    .transpose()
                    .map_err(StartError::Certificates)?,
            );
        let addresses = (!self.in_memory).then_some(Addresses {
            grpc: self.grpc,
            http: self.http,
        });
        MockCollector::run(core, addresses).await
    }
}

/// A collector that did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A fault cannot be meant.
    #[error("a fault is not possible")]
    Fault(#[from] InvalidFault),
    /// A port cannot be had.
    #[error("cannot listen on {} for {port}", address_text(*address))]
    Listen {
        /// The port.
        port: Port,
        /// Its address, if it has one.
        address: Option<SocketAddr>,
        /// What the system says.
        source: io::Error,
    },
    /// What is to be forwarded cannot go there.
    #[error("cannot forward")]
    Forward(#[from] InvalidForward),
    /// The certificates cannot be made.
    #[error("cannot make certificates")]
    Certificates(#[source] io::Error),
}

impl StartError {
    pub(crate) fn listen(port: Port, addresses: Option<Addresses>, source: io::Error) -> Self {
        let address = addresses.map(|addresses| match port {
            Port::Grpc => addresses.grpc,
            Port::Http => addresses.http,
        });
        Self::Listen {
            port,
            address,
            source,
        }
    }
}

fn address_text(address: Option<SocketAddr>) -> String {
    address.map_or_else(|| "memory".to_owned(), |address| address.to_string())
}

//! A Collector that runs.

use std::net::SocketAddr;
use std::time::Duration;
use std::{fs, io};

use tokio::time::{Instant, sleep};

use super::builder::EXPORTED;
use super::{CollectorBuilder, Exported};
use crate::real_server::ServerError;
use crate::servers::Server;
use crate::tool::Tool;

/// How long to wait before the file is read again.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// How long is waited for what is to be exported: only a guard.
const GUARD: Duration = Duration::from_secs(120);

/// A real Collector in a process of its own. It ends with this value, whatever happens; if that is a panic, what it
/// wrote last is printed.
#[derive(Debug)]
#[must_use = "the Collector ends when this is dropped"]
pub struct RealCollector(pub(super) Server<PORTS>);

/// gRPC, HTTP, and where it says that it is healthy.
pub(super) const PORTS: usize = 3;

impl RealCollector {
    /// A Collector to be configured; `tool` is its program ([`Need::Collector`](crate::Need::Collector)).
    pub fn builder(tool: &Tool) -> CollectorBuilder {
        CollectorBuilder::new(tool)
    }

    /// Where it takes OTLP/gRPC.
    pub const fn grpc_address(&self) -> SocketAddr {
        self.0.addresses()[0]
    }

    /// Where it takes OTLP/HTTP.
    pub const fn http_address(&self) -> SocketAddr {
        self.0.addresses()[1]
    }

    /// The process.
    pub const fn server(&mut self) -> &mut Server<PORTS> {
        &mut self.0
    }

    /// Whether it still runs, or is meant not to.
    ///
    /// # Errors
    ///
    /// [`ServerError`] where it has ended by itself, with what it wrote last.
    pub fn check(&self) -> Result<(), ServerError> {
        self.0.check()
    }

    /// What it has exported so far.
    ///
    /// # Panics
    ///
    /// Where its file holds something else than OTLP/JSON.
    pub fn exported(&self) -> Exported {
        match fs::read(self.0.directory().join(EXPORTED)) {
            // It passes texts on that are not UTF-8.
            Ok(bytes) => Exported::parse(&String::from_utf8_lossy(&bytes)),
            // It makes the file when it starts; a test may look before that.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Exported::default(),
            Err(error) => panic!("what the Collector exported cannot be read: {error}"),
        }
    }

    /// Waits until it has exported what is wanted.
    ///
    /// # Panics
    ///
    /// Where that does not come, with what there is and what the Collector wrote last.
    pub async fn exported_when(&self, wanted: impl Fn(&Exported) -> bool) -> Exported {
        let began = Instant::now();
        loop {
            let exported = self.exported();
            if wanted(&exported) {
                return exported;
            }
            if let Err(error) = self.0.check() {
                panic!("{error}\n--- it has exported: {exported}");
            }
            assert!(
                began.elapsed() < GUARD,
                "what is wanted does not come; the Collector has exported: {exported}"
            );
            sleep(BETWEEN_LOOKS).await;
        }
    }
}

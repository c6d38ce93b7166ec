//! The harness of the suites that need more than one crate of this workspace, or a program from elsewhere.
//!
//! [`ServedCollector`] runs the real binary, [`Tool`] finds and runs programs that nobody here wrote, [`RealServer`] keeps
//! those that serve ([`RealCollector`], [`Prometheus`], [`Jaeger`], [`Zipkin`]), and [`Need`] decides what happens when such a program
//! is not there: reported as ignored, with the reason, or, where `OTELBOX_REQUIRE` names it (as CI does), a failure. Nothing depends
//! on this crate.

pub mod api;

mod binary;
mod child;
mod driver;
mod journal_file;
mod need;
mod printed_ledger;
mod real_collector;
mod real_server;
mod serve;
mod servers;
mod tool;
mod watch;

pub use binary::{demo_service_binary, example_binary, otelbox_binary};
pub use driver::Driver;
pub use journal_file::{ExchangeLine, JournalFile};
pub use need::{Need, NotRun, REQUIRE_VARIABLE, cached};
pub use printed_ledger::PrintedLedger;
pub use real_collector::{CollectorBuilder, Exported, RealCollector};
pub use real_server::{
    Ended, Readiness, RealServer, ServerBuilder, ServerError, ServerErrorKind, Stopped,
    free_addresses,
};
pub use serve::{Left, Memory, ServeOptions, ServedCollector, StandardOutput};
pub use servers::{Jaeger, Prometheus, Sample, Server, Zipkin};
pub use tool::{Finished, Tool};

//! How a real SDK is put under the runner's control.
//!
//! A driver is a small program that reads one request per line from its standard input and writes one answer per line
//! to its standard output, both JSON. [`protocol`] holds the words of that conversation, [`serve_lines`] is the driver's
//! side of it for SDKs that are linked into this binary.

mod capability;
mod opentelemetry_rust;
#[cfg(target_os = "linux")]
mod otel_collector;
pub mod protocol;
mod serve;
mod server;

pub use capability::Capability;
#[cfg(target_os = "linux")]
pub use otel_collector::CollectorError;
#[cfg(target_os = "linux")]
pub(crate) use otel_collector::become_collector;
pub use protocol::{
    Answer, Hello, Items, Measurement, ObservableState, PROTOCOL_VERSION, Request, StartRequest,
    SutConfiguration,
};
pub use serve::{DriverError, serve};
pub(crate) use serve::{MIDPOINT, RANDOM_VARIABLE};
pub use server::{ServeError, serve_lines};

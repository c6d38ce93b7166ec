//! The real servers that exporters are tried on, each as a process on ports of its own: Prometheus, Jaeger, Zipkin. They are
//! asked over their own APIs.

mod jaeger;
mod prometheus;
mod server;
mod zipkin;

pub use jaeger::Jaeger;
pub use prometheus::{Prometheus, Sample};
pub use server::Server;
pub use zipkin::Zipkin;

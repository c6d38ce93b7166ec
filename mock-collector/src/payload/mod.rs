//! Payloads: what a request says, decoded when somebody asks.

mod canonical;
mod counted;
mod decode;
mod encoding;
mod error;
mod other;
pub mod remote_write;
mod resources;
mod shape;
mod text;
mod walk;
mod wire;
pub mod zipkin;

pub use canonical::Digest;
pub use counted::Counted;
pub use decode::Payload;
pub use encoding::Encoding;
pub use error::PayloadError;
pub use resources::Resources;
pub(crate) use resources::attribute_texts;

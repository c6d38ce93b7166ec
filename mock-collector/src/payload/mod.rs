//! Payloads: what a request says, decoded when somebody asks.

mod canonical;
mod decode;
mod encoding;
mod error;
mod resources;
mod shape;
mod text;
mod walk;
mod wire;

pub use canonical::Digest;
pub use decode::Payload;
pub use encoding::Encoding;
pub use error::PayloadError;
pub use resources::Resources;
pub(crate) use resources::attribute_texts;

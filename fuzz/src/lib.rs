//! What comes from outside, as bytes: each function takes any at all, and panics where a promise is broken.
//!
//! `cargo fuzz run NAME` looks for such bytes; `corpus/NAME/` has some that were worth keeping, and `cargo test` of the
//! workspace feeds those to the same functions.

mod connections;
mod control_requests;
mod driver_lines;
mod faults;
mod grpc_calls;
mod payloads;
mod receiver;
mod recordings;
mod scenario_files;

pub use connections::connections;
pub use control_requests::control_requests;
pub use driver_lines::driver_lines;
pub use faults::faults;
pub use grpc_calls::grpc_calls;
pub use payloads::payloads;
pub use recordings::recordings;
pub use scenario_files::scenario_files;

//! The messages of the two protocols, as far as they are written.
//!
//! Written by hand after the specifications, so that no code has to be generated.

pub(super) mod v1;
pub(super) mod v2;

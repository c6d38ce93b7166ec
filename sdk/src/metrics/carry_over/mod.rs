//! Windows that were not delivered, merged into the next one.
//!
//! `policy` says what is kept, `merge` puts two batches together stream by stream and point by point, and `kept` is what
//! a reader holds between two exports.

mod exponential;
mod kept;
mod merge;
mod points;
mod policy;
#[cfg(test)]
mod tests;

pub(crate) use kept::{Keeper, Load};
pub use policy::{CarryOver, DropPolicy};

//! The rule catalogue: testable sentences as data.

mod rule;

pub use rule::{Level, Rule};

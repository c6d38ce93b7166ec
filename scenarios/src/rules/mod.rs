//! The rule catalogue: testable sentences as data.

mod catalog;
mod coverage;
mod rule;

pub use catalog::{RuleCatalog, RuleCatalogError, RuleGroup};
pub use coverage::Coverage;
pub use rule::{Level, Rule};

//! The rule catalogue: testable sentences as data.

mod catalog;
mod rule;

pub use catalog::{RuleCatalog, RuleCatalogError, RuleGroup};
pub use rule::{Level, Rule};

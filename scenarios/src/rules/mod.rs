//! The rule catalogue: testable sentences as data.

mod catalog;
mod coverage;
mod rule;
mod specification_version;

pub use catalog::{RuleCatalog, RuleCatalogError, RuleGroup};
pub use coverage::{Coverage, CoverageCount, Tested};
pub use rule::{Bound, Level, PROGRAM, Rule};
pub use specification_version::{InvalidSpecificationVersion, SpecificationVersion};

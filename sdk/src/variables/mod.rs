//! Every environment variable that this SDK reads, and those of the specification that it does not.

mod notice;
mod table;
mod variable;

pub(crate) use notice::report;
pub use table::VARIABLES;
pub use variable::{Unit, Variable};

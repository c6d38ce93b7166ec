//! Views: which streams instruments become.

mod pattern;
mod set;
mod view;

pub use set::UnmatchedView;
pub(crate) use set::{ViewList, Views, exported_name};
pub use view::View;

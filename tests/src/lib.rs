//! The harness of the suites that need more than one crate of this workspace, or a program from elsewhere.
//!
//! [`ServedCollector`] runs the real binary, [`Tool`] finds and runs programs that nobody here wrote, and [`Need`]
//! decides what happens when such a program is not there: reported as ignored, with the reason, or, where
//! `OTELBOX_REQUIRE` names it (as CI does), a failure. Nothing depends on this crate.

mod binary;
mod journal_file;
mod need;
mod serve;
mod tool;

pub use binary::otelbox_binary;
pub use journal_file::JournalFile;
pub use need::{Need, NotRun, REQUIRE_VARIABLE};
pub use serve::ServedCollector;
pub use tool::{Finished, Tool};

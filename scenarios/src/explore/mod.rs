//! Random scenarios against the reference SDK in virtual time, judged by what holds in every run.
//!
//! A case is a scenario like any other: one that breaks an invariant is made smaller and written as a file that
//! `otelbox run` judges in the same way. The same seed gives the same cases, however many run side by side.

mod case;
mod counterexample;
mod explorer;
mod generate;
mod reduce;
mod shrink;
mod tally;

pub use case::{Case, Violation};
pub use counterexample::Counterexample;
pub use explorer::{Exploration, Explorer};
pub use tally::{Broken, Tally, not_drawn};

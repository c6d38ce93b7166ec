//! Reports: consumers of the runner's events.

mod event;

pub use event::{RunFinished, RunStarted, RunTime, RunnerEvent, SutDescription};

//! Running cells: in virtual time in this process, or in real time over sockets.

mod certificates;
mod convert;
mod descriptors;
mod inside;
mod lag;
mod log_capture;
mod pace;
mod panics;
mod patience;
mod pool;
mod processes;
mod program;
mod real_run;
mod real_time;
mod recording;
mod request;
mod runner;
mod seed;
mod steps;
mod target;
mod virtual_time;
mod written;

pub(crate) use descriptors::allow as allow_many_files;
pub use inside::{Inside, SdkCounters};
pub(crate) use pool::{Ended, in_order};
pub use recording::{
    Accepted, Answer, ConnectionEvent, ConnectionRecord, Emission, EmissionKind, EmittedItems, End,
    Exchange, Payload, ProgramRecord, Recording, RunEnd, StepRecord, UsualRun,
};
pub(crate) use runner::cores;
pub use runner::{RunError, RunOptions, record, run};
pub use target::{Target, TargetError};
pub(crate) use written::nanos;

//! Running cells: in virtual time in this process, or in real time over sockets.

mod certificates;
mod convert;
mod descriptors;
mod lag;
mod log_capture;
mod pace;
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
pub use recording::{
    Accepted, Answer, ConnectionEvent, ConnectionRecord, Emission, EmissionKind, EmittedItems, End,
    Exchange, Payload, ProgramRecord, Recording, RunEnd, StepRecord, UsualRun,
};
pub use runner::{RunError, RunOptions, record, run};
pub use target::{Target, TargetError};
pub(crate) use written::nanos;

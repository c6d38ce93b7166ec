//! One entry that sets up all three signals, from the environment and from code.

mod builder;
mod log;
mod logs;
mod metrics;
mod names;
mod parts;
mod pipelines;
mod propagators;
mod report;
mod route;
mod sampler;
mod sdk;
mod traces;

pub use builder::SdkBuilder;
pub use propagators::Propagator;
pub use report::{SdkError, SdkReport, SignalError, SignalFailure, SignalLoss};
pub use sdk::Sdk;

use log::started;

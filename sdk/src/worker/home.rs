//! Where a worker runs.

use std::thread::ThreadId;

use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use tokio::runtime::{self, Handle};

use crate::config_error::ConfigError;

/// Where a worker runs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Home {
    /// On this thread, which nothing else uses.
    OwnThread(ThreadId),
    /// On this runtime, with others.
    Runtime(runtime::Id),
}

impl Home {
    /// Whether a call that blocks this thread keeps the worker from its work.
    pub(super) fn is_here(self) -> bool {
        match self {
            Self::OwnThread(thread) => thread == std::thread::current().id(),
            Self::Runtime(id) => Handle::try_current().is_ok_and(|handle| handle.id() == id),
        }
    }
}

/// Starts `work` on the current runtime, or on a thread called `name` with a runtime of its own.
///
/// Telemetry is suppressed for it: an export must not cause spans or log records that are exported in turn. On a thread
/// of its own that holds for everything that it spawns too.
pub(crate) fn start(
    on_current_runtime: bool,
    name: &'static str,
    work: impl Future<Output = ()> + Send + 'static,
) -> Result<Home, ConfigError> {
    let failed = |source| ConfigError::Runtime { source };
    if on_current_runtime {
        let runtime =
            Handle::try_current().map_err(|error| failed(std::io::Error::other(error)))?;
        runtime.spawn(work.with_context(Context::new().with_telemetry_suppressed()));
        return Ok(Home::Runtime(runtime.id()));
    }
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed)?;
    let thread = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let _suppressed = Context::enter_telemetry_suppressed_scope();
            runtime.block_on(work);
        })
        .map_err(failed)?;
    Ok(Home::OwnThread(thread.thread().id()))
}

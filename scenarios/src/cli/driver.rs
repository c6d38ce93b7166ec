//! `otelbox driver`, the hidden command with which the runner starts the systems under test of this binary.

use super::arguments::Driver;
use super::error::CliError;
#[cfg(target_os = "linux")]
use crate::driver::DriverError;
use crate::driver::serve;
use crate::exit_code::ExitCode;

/// Serves until the runner closes standard input. What then is left of the SDK ends with the process: it gets no chance
/// to export once more.
pub(super) fn driver(arguments: &Driver) -> Result<ExitCode, CliError> {
    let collector = arguments.collector.as_deref();
    #[cfg(target_os = "linux")]
    if let Some(collector) = collector.filter(|_| arguments.is_collector) {
        let error = crate::driver::become_collector(collector, &arguments.arguments);
        return Err(DriverError::from(error).into());
    }
    serve(&arguments.name, collector)?;
    Ok(ExitCode::Success)
}

//! `otelbox driver`, the hidden command with which the runner starts the systems under test of this binary.

use super::arguments::Driver;
use super::error::CliError;
use crate::driver::serve;
use crate::exit_code::ExitCode;

/// Serves until the runner closes standard input. What then is left of the SDK ends with the process: it gets no chance
/// to export once more.
pub(super) fn driver(arguments: &Driver) -> Result<ExitCode, CliError> {
    serve(&arguments.name)?;
    Ok(ExitCode::Success)
}

//! `otelbox doctor --install`.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::error::CliError;
use crate::cli::output::note;
use crate::cli::stop::Stop;
use crate::cli::suts::Machine;
use crate::exit_code::ExitCode;
use crate::registry::{InstallError, Installed, Progress, SutEntry, install};
use crate::sut::explained;

/// How often the progress is drawn where nothing happens.
const TICK: Duration = Duration::from_millis(200);

/// Installs them one after another and says on standard error what happens. What cannot be installed does not keep the
/// others from it. `is_all`: nobody asked for those whose programs are missing, so they are no failure.
pub(super) async fn install_all(
    chosen: &[&SutEntry],
    machine: &Machine,
    is_all: bool,
) -> Result<ExitCode, CliError> {
    let mut stop = Stop::listen().map_err(CliError::Runtime)?;
    let mut code = ExitCode::Success;
    for entry in chosen {
        let done = install_one(entry, machine, &mut stop).await;
        match done {
            // Nobody asked for this one.
            Ok(Installed::Nothing) | Err(InstallError::Needs { .. }) if is_all => {}
            Ok(Installed::Nothing) => {
                note(&format!("{}: is there, nothing to install\n", entry.name));
            }
            Ok(Installed::Kept) => note(&format!("{}: is installed\n", entry.name)),
            Ok(Installed::Made) => note(&format!("{}: installed\n", entry.name)),
            Err(InstallError::Stopped) => {
                note(&format!("{}: {}\n", entry.name, InstallError::Stopped));
                return Ok(ExitCode::Interrupted);
            }
            Err(error) => {
                note(&format!("{}: {}\n", entry.name, explained(&error)));
                if let Some(advice) = advice(&error) {
                    note(&format!("  {advice}\n"));
                }
                code = ExitCode::CouldNotRun;
            }
        }
    }
    Ok(code)
}

async fn install_one(
    entry: &SutEntry,
    machine: &Machine,
    stop: &mut Stop,
) -> Result<Installed, InstallError> {
    let bar = ProgressBar::new_spinner();
    // The template is fixed; a mistake in it would leave the plain spinner.
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed:>4} {wide_msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(TICK);
    let mut tell = |progress| match progress {
        Progress::Command {
            number,
            of,
            command,
        } => {
            let line = format!("{} ({number}/{of}): {command}", entry.name);
            bar.suspend(|| note(&format!("{line}\n")));
        }
        Progress::Said(line) => bar.set_message(line),
    };
    let done = install(
        entry,
        &machine.cache,
        &machine.otelbox,
        &mut tell,
        stop.requested(),
    )
    .await;
    bar.finish_and_clear();
    done
}

/// What the user may do about it.
fn advice(error: &InstallError) -> Option<&'static str> {
    match error {
        InstallError::Needs { .. } => Some("install what is missing, and try again"),
        InstallError::Failed(_) => Some(
            "the lines above are the end of what the command said; it needs the network and its package registry, \
             whose usual settings (proxy, mirror) apply",
        ),
        _ => None,
    }
}

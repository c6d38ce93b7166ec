//! `otelbox run`, and `otelbox` without a command.

use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use otelbox_mock_collector::Protocol;

use super::arguments::{Clock, Profile, Run};
use super::error::CliError;
use super::output::{print_reports, warn};
use super::shard::shard;
use super::{Data, check_driver};
use crate::exit_code::ExitCode;
use crate::known_failures::KnownFailures;
use crate::plan::{Filter, Plan};
use crate::record::{RunWriter, Scope};
use crate::registry::Registry;
use crate::report::{ReportDirectory, RunReport, RunTime, RunnerEvent};
use crate::run::{self, RunOptions, Target};
use crate::select::select;
use crate::sut::ProcessCommand;

pub(super) fn run(arguments: &Run, data: &Data) -> Result<ExitCode, CliError> {
    if arguments.check_driver {
        return check_driver::check(&named(&arguments.sut)?, arguments.format);
    }
    let mut scenarios = select(&arguments.selectors, &data.catalog, data.rules)?;
    let mut target = target(arguments)?;
    if arguments.selectors.is_empty() {
        scenarios.retain(|scenario| scenario.is_for_programs() == target.is_program());
    }
    let mut protocols = arguments.protocol.clone();
    if protocols.is_empty() && target.is_program() {
        protocols.extend(OF_PROGRAMS);
    }
    let filter = Filter {
        signals: arguments.signal.clone(),
        protocols,
    };
    let mut plan = Plan::of(scenarios.iter().map(AsRef::as_ref), &filter);
    if arguments.profile == Profile::Core {
        plan.retain_core(data.rules, target.kind());
    }
    if plan.is_empty() {
        return Err(CliError::NoCells);
    }
    if arguments.attach && plan.cells.len() > 1 {
        let cells = plan.cells.len();
        return Err(CliError::AttachToMany { cells });
    }
    if let Some(path) = &arguments.known_failures {
        let catalog = data.catalog.scenarios().map(AsRef::as_ref);
        let all = catalog.chain(scenarios.iter().map(AsRef::as_ref));
        let all = Plan::of(all, &Filter::default());
        let known = KnownFailures::read(path, target.name(), &all)?;
        target = target.with_known_failures(known);
    }
    let shard = arguments
        .shard
        .map(|argument| shard(argument, &plan))
        .transpose()?;
    let scope = Scope::new(&plan, shard, arguments.repeat);
    let plan = scope.of(&plan);
    let directory = arguments
        .report
        .as_deref()
        .map(ReportDirectory::open)
        .transpose()?;
    let mut recorder = directory
        .as_ref()
        .map(|directory| RunWriter::create(&directory.recording(), scope))
        .transpose()?;
    let options = RunOptions {
        jobs: arguments.jobs,
        seed: arguments.seed,
        time: arguments.time.map(|clock| match clock {
            Clock::Virtual => RunTime::Virtual,
            Clock::Real => RunTime::Real,
        }),
    };
    let repeat = usize::try_from(arguments.repeat.get()).unwrap_or(usize::MAX);
    let progress = progress(plan.cells.len().saturating_mul(repeat));
    let mut report = RunReport::default();
    for _ in 0..repeat {
        let finished = run::run(&plan, &target, data.rules, &options, &mut |event| {
            if let RunnerEvent::CellFinished(cell) = &event {
                progress.set_message(cell.cell.to_string());
                progress.inc(1);
            }
            if let Some(recorder) = &mut recorder {
                recorder.take(&event);
            }
            report.take(event);
        })?;
        if finished.interrupted {
            break;
        }
    }
    progress.finish_and_clear();
    if let Some(directory) = directory {
        directory.write(&report)?;
    }
    print_reports(std::slice::from_ref(&report), arguments.format)?;
    if let Some(recorder) = recorder {
        recorder.finish()?;
    }
    Ok(exit_code(arguments, &target, &report))
}

/// That of the report; of a run of the whole catalogue, also whether there was enough in it.
fn exit_code(arguments: &Run, target: &Target, report: &RunReport) -> ExitCode {
    let is_whole = arguments.selectors.is_empty()
        && arguments.signal.is_empty()
        && arguments.protocol.is_empty()
        && arguments.profile == Profile::Full
        && arguments.shard.is_none()
        && arguments.time.is_none();
    let code = report.exit_code(arguments.strict);
    let judged = report.summary().judged();
    let minimum = target
        .minimum_checks()
        .saturating_mul(u64::from(arguments.repeat.get()));
    if is_whole && judged < minimum && code != ExitCode::Interrupted {
        warn(&format!(
            "only {judged} results were judged, and {minimum} is the least that {} has had: its driver has lost something \
             that it could do",
            target.name()
        ));
        return code.min(ExitCode::CouldNotRun);
    }
    code
}

/// The protocols that a program is asked for, where nobody says which.
const OF_PROGRAMS: [Protocol; 2] = [Protocol::Grpc, Protocol::HttpProtobuf];

/// The program of the command, or the system under test that is named.
fn target(arguments: &Run) -> Result<Target, CliError> {
    let patience = arguments.patience.get();
    if arguments.attach {
        return Ok(Target::attached());
    }
    let target = match arguments.command.split_first() {
        None => named(&arguments.sut)?,
        Some((program, rest)) => {
            let name = Path::new(program).file_name().unwrap_or(program);
            Target::program(name.to_string_lossy(), ProcessCommand::new(program, rest))
        }
    };
    Ok(target.with_patience(patience))
}

/// The system under test of this name, or the driver at this path.
fn named(sut: &str) -> Result<Target, CliError> {
    let path = Path::new(sut);
    let is_named = Registry::embedded()?.names().any(|name| name == sut);
    if !is_named && path.is_file() {
        let name = path
            .file_stem()
            .map_or(sut.into(), |stem| stem.to_string_lossy());
        let no_arguments: [&str; 0] = [];
        return Ok(Target::driver(
            name,
            ProcessCommand::new(path, no_arguments),
        ));
    }
    if path.components().count() > 1 {
        return Err(CliError::NoSuchDriver {
            path: sut.to_owned(),
        });
    }
    let program = std::env::current_exe().map_err(CliError::Program)?;
    Ok(Target::named(sut, &program)?)
}

/// A bar on standard error; hidden where that is no terminal.
fn progress(cells: usize) -> ProgressBar {
    let bar = ProgressBar::new(cells as u64);
    // The template is fixed; a mistake in it would leave the plain bar.
    if let Ok(style) = ProgressStyle::with_template("{pos:>5}/{len} {bar:30} {wide_msg}") {
        bar.set_style(style);
    }
    bar
}

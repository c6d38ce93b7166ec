//! `otelbox doctor`.

mod install;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use futures_util::future::join_all;

use super::arguments::{DataFormat, Doctor};
use super::error::CliError;
use super::output::{STRONG, columns, print, print_json};
use super::suts::{Machine, SeenSut, runtime};
use crate::exit_code::ExitCode;
use crate::registry::{Registry, Standing, SutEntry};
use crate::report::wrap;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

pub(super) fn doctor(arguments: &Doctor) -> Result<ExitCode, CliError> {
    let registry = Registry::embedded()?;
    let chosen = chosen(registry, &arguments.install)?;
    let machine = Machine::here()?;
    let runtime = runtime()?;
    let installed = if arguments.install.is_empty() {
        ExitCode::Success
    } else {
        let is_all = arguments
            .install
            .iter()
            .any(|name| [ALL, SERVERS].contains(&name.as_str()));
        runtime.block_on(install::install_all(&chosen, &machine, is_all))?
    };
    if installed == ExitCode::Interrupted {
        return Ok(installed);
    }
    let looks = chosen.iter().map(|entry| SeenSut::look(entry, &machine));
    let seen = runtime.block_on(join_all(looks));
    match arguments.format {
        DataFormat::Json => print_json(&seen)?,
        DataFormat::Human => print(&table(&seen))?,
    }
    let is_broken = |sut: &SeenSut<'_>| matches!(sut.standing, Standing::Broken { .. });
    Ok(if seen.iter().any(is_broken) {
        ExitCode::CouldNotRun
    } else {
        installed
    })
}

/// The word that stands for every system under test.
const ALL: &str = "all";
/// The word that stands for every real server.
const SERVERS: &str = "servers";

/// The systems under test and servers of these names, each once; all where there are none.
fn chosen<'a>(registry: &'a Registry, names: &[String]) -> Result<Vec<&'a SutEntry>, CliError> {
    let mut chosen: Vec<&SutEntry> = Vec::new();
    if names.is_empty() {
        chosen.extend(registry.entries());
        chosen.extend(registry.servers());
    }
    for name in names {
        match name.as_str() {
            ALL => chosen.extend(registry.entries()),
            SERVERS => chosen.extend(registry.servers()),
            name => chosen.push(registry.installable(name)?),
        }
    }
    let mut seen = BTreeSet::new();
    chosen.retain(|entry| seen.insert(&entry.name));
    Ok(chosen)
}

/// Writing to a string cannot fail.
fn table(seen: &[SeenSut<'_>]) -> String {
    let mut text = String::new();
    let names = seen.iter().map(|sut| sut.name.len()).max().unwrap_or(0);
    let states = seen.iter().map(|sut| sut.standing.words().len()).max();
    let states = states.unwrap_or(0);
    for sut in seen {
        let style = match sut.standing {
            Standing::Ready { .. } => GOOD,
            Standing::Broken { .. } => BAD,
            Standing::CanBeInstalled { .. } | Standing::Needs | Standing::Busy => Style::new(),
        };
        let (name, state) = (sut.name, sut.standing.words());
        let head = format!("{STRONG}{name:names$}{STRONG:#}  {style}{state:states$}{style:#}");
        let blank = " ".repeat(names + states + 2);
        let width = columns().saturating_sub(names + states + 4).max(20);
        let remark = wrap(&sut.remark(), width);
        if remark.is_empty() {
            let _ = writeln!(text, "{}", head.trim_end());
        }
        for (number, line) in remark.iter().enumerate() {
            let start = if number == 0 { &head } else { &blank };
            let _ = writeln!(text, "{}", format!("{start}  {line}").trim_end());
        }
    }
    text
}

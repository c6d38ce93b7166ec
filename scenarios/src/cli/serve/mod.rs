//! `otelbox serve`: the receiver by itself.

mod fault_file;
mod follower;
mod journal_file;
mod ledger;
mod lines;
mod live;

use std::time::Duration;

use otelbox_mock_collector::{MockCollector, ledger::Ledger};
use tokio::time::MissedTickBehavior;

use super::arguments::Serve;
use super::error::CliError;
use super::output::{STRONG, note, print};
use super::stop::Stop;
use crate::exit_code::ExitCode;

use follower::{Audience, Follower};
use journal_file::JournalFile;
use lines::Lines;
use live::{Leave, Screen, Setup};

/// How often the journal is looked at for something new.
const LOOK: Duration = Duration::from_millis(50);

pub(super) fn serve(arguments: &Serve) -> Result<ExitCode, CliError> {
    let faults = match &arguments.faults {
        Some(path) => fault_file::read(path)?,
        None => Vec::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?;
    runtime.block_on(async {
        let builder = MockCollector::builder()
            .grpc(arguments.grpc)
            .http(arguments.http)
            .faults(faults)
            .seed(arguments.seed);
        let collector = builder.start().await?;
        // Before anybody is told that all is ready, who might end it at once.
        let mut stop = Stop::listen().map_err(CliError::Runtime)?;
        // Only now, so that a port in use leaves the journal of the receiver that has it alone.
        let journal_file = arguments.journal.as_deref().map(JournalFile::create).transpose()?;
        note(&format!(
            "{STRONG}grpc{STRONG:#}  {}\n{STRONG}http{STRONG:#}  {}\nEverything is ready. Ctrl-C ends.\n",
            collector.grpc_endpoint(),
            collector.http_endpoint()
        ));
        let mut screen = open_screen(arguments, &collector)?;
        let mut audience: Vec<Box<dyn Audience>> = vec![match &screen {
            Some(screen) => Box::new(screen.audience()),
            None => Box::new(Lines::default()),
        }];
        if let Some(file) = journal_file {
            audience.push(Box::new(file));
        }
        let mut follower = Follower::new(collector.journal(), audience);
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let code = loop {
            tokio::select! {
                biased;
                () = stop.requested() => break ExitCode::Interrupted,
                left = left(screen.as_mut()) => break match left? {
                    Leave::Quit => ExitCode::Success,
                    Leave::Interrupted => ExitCode::Interrupted,
                },
                _ = looks.tick() => follower.follow()?,
            }
        };
        // The terminal is as it was before anything else is printed.
        drop(screen);
        let journal = collector.stop().await;
        follower.follow()?;
        print(&ledger::text(&Ledger::of(&journal)))?;
        Ok(code)
    })
}

/// The view, where there is somebody to look at it.
fn open_screen(arguments: &Serve, collector: &MockCollector) -> Result<Option<Screen>, CliError> {
    if !live::is_wanted(arguments.plain) {
        return Ok(None);
    }
    let setup = Setup::default()
        .with("grpc", &collector.grpc_endpoint())
        .with("http", &collector.http_endpoint())
        .with_file("faults", arguments.faults.as_deref())
        .with_file("journal", arguments.journal.as_deref())
        .with("seed", &arguments.seed.to_string());
    Screen::open(setup, collector.journal(), collector.live_faults()).map(Some)
}

/// Comes back when somebody has left the view.
async fn left(screen: Option<&mut Screen>) -> Result<Leave, CliError> {
    match screen {
        Some(screen) => screen.left().await,
        None => std::future::pending().await,
    }
}

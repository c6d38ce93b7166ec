//! `otelbox serve`: the receiver by itself.

mod console;
mod control;
mod fault_file;
mod file_size;
mod follower;
mod forward;
mod journal_file;
mod ledger;
mod line_file;
mod lines;
mod live;
mod tls;

use std::time::Duration;

use otelbox_mock_collector::{MockCollector, ledger::Ledger};
use tokio::time::MissedTickBehavior;

use super::arguments::Serve;
use super::error::CliError;
use super::output::{STRONG, note};
use super::stop::Stop;
use crate::exit_code::ExitCode;
use crate::run::allow_many_files;

use control::ControlPort;
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
    let control = ControlPort::of(arguments)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?;
    runtime.block_on(async {
        let mut builder = MockCollector::builder()
            .grpc(arguments.grpc)
            .http(arguments.http)
            .faults(faults)
            .seed(arguments.seed);
        if let Some(forward) = forward::of(arguments)? {
            builder = builder.forward(forward);
        }
        if let Some(tls) = tls::of(arguments)? {
            builder = builder.tls(tls);
        }
        allow_many_files();
        let collector = builder.start().await?;
        tls::write_authority(arguments, &collector)?;
        let mut control = control.open(&collector).await?;
        // Before anybody is told that all is ready, who might end it at once.
        let mut stop = Stop::listen().map_err(CliError::Runtime)?;
        // Only now, so that a port in use leaves the journal of the receiver that has it alone.
        let mut journal_file = arguments.journal.as_deref().map(JournalFile::create).transpose()?;
        let [to_grpc, to_http] = forward::arrows(arguments);
        note(&format!(
            "{STRONG}grpc{STRONG:#}  {}{to_grpc}\n{STRONG}http{STRONG:#}  {}{to_http}\n{}{control}Everything is ready. Ctrl-C ends.\n",
            collector.grpc_endpoint(),
            collector.http_endpoint(),
            tls::line(arguments)
        ));
        let mut screen = open_screen(arguments, &collector)?;
        let mut lines = Lines::new();
        let mut audience: Vec<Box<dyn Audience + '_>> = vec![match &screen {
            Some(screen) => Box::new(screen.audience()),
            None => Box::new(&mut lines),
        }];
        if let Some(file) = &mut journal_file {
            if screen.is_some() {
                file.tell_in_the_end();
            }
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
                () = control.stopped() => break ExitCode::Success,
                _ = looks.tick() => follower.follow()?,
            }
        };
        // The terminal is as it was before anything else is printed.
        drop(screen);
        // First the receiver: who waits for something to arrive there is answered then, and holds nothing up.
        let journal = collector.stop().await;
        control.close().await;
        follower.follow()?;
        drop(follower);
        let missing = journal_file.as_ref().and_then(JournalFile::missing);
        lines.finish(ledger::text(&Ledger::of(&journal), missing.as_deref())).await;
        Ok(match missing {
            // That it was asked to end says nothing about `serve`: nothing else ends it.
            Some(_) => ExitCode::CouldNotRun,
            None => code,
        })
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

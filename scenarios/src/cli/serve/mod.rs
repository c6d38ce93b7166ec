//! `otelbox serve`: the receiver by itself.

mod console;
mod fault_file;
mod file_size;
mod follower;
mod journal_file;
mod ledger;
mod line_file;
mod lines;

use std::time::Duration;

use otelbox_mock_collector::journal::Entry;
use otelbox_mock_collector::{MockCollector, ledger::Ledger};
use tokio::time::MissedTickBehavior;

use super::arguments::Serve;
use super::error::CliError;
use super::output::{STRONG, note};
use super::stop::Stop;
use crate::exit_code::ExitCode;
use crate::run::allow_many_files;

use console::Console;
use follower::Follower;
use journal_file::JournalFile;

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
        allow_many_files();
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
        let mut told = Told { follower: Follower::new(collector.journal()), journal_file, console: Console::new() };
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.requested() => break,
                _ = looks.tick() => told.look()?,
            }
        }
        let journal = collector.stop().await;
        told.look()?;
        let missing = told.journal_file.as_ref().and_then(JournalFile::missing);
        told.console.finish(ledger::text(&Ledger::of(&journal), missing.as_deref())).await;
        Ok(match missing {
            // That it was asked to end says nothing about `serve`: nothing else ends it.
            Some(_) => ExitCode::CouldNotRun,
            None => ExitCode::Interrupted,
        })
    })
}

/// Where all that is new in the journal is told.
struct Told {
    follower: Follower,
    journal_file: Option<JournalFile>,
    console: Console,
}

impl Told {
    fn look(&mut self) -> Result<(), CliError> {
        let news = self.follower.news();
        let mut text = String::new();
        if let Some(file) = &mut self.journal_file {
            file.lose(news.missed);
        }
        for entry in &news.entries {
            match entry {
                Entry::Connection(record) => {
                    if let Some(file) = &mut self.journal_file {
                        file.connection(record)?;
                    }
                }
                Entry::Exchange(exchange) => {
                    if let Some(completion) = exchange.completion() {
                        text.push_str(&lines::line(exchange, completion));
                        if let Some(file) = &mut self.journal_file {
                            file.exchange(exchange, completion)?;
                        }
                    }
                }
            }
        }
        if let Some(file) = &mut self.journal_file {
            file.flush();
        }
        if !text.is_empty() {
            self.console.say(text);
        }
        Ok(())
    }
}

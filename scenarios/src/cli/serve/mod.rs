//! `otelbox serve`: the receiver by itself.

mod control;
mod fault_file;
mod journal_file;
mod ledger;
mod lines;

use std::collections::BTreeSet;
use std::time::Duration;

use otelbox_mock_collector::journal::{Entry, Journal};
use otelbox_mock_collector::{MockCollector, ledger::Ledger};
use tokio::time::MissedTickBehavior;

use super::arguments::Serve;
use super::error::CliError;
use super::output::{STRONG, note, print};
use super::stop::Stop;
use crate::exit_code::ExitCode;

use control::ControlPort;
use journal_file::JournalFile;

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
        let builder = MockCollector::builder()
            .grpc(arguments.grpc)
            .http(arguments.http)
            .faults(faults)
            .seed(arguments.seed);
        let collector = builder.start().await?;
        let mut control = control.open(&collector).await?;
        // Before anybody is told that all is ready, who might end it at once.
        let mut stop = Stop::listen().map_err(CliError::Runtime)?;
        // Only now, so that a port in use leaves the journal of the receiver that has it alone.
        let journal_file = arguments.journal.as_deref().map(JournalFile::create).transpose()?;
        note(&format!(
            "{STRONG}grpc{STRONG:#}  {}\n{STRONG}http{STRONG:#}  {}\n{control}Everything is ready. Ctrl-C ends.\n",
            collector.grpc_endpoint(),
            collector.http_endpoint()
        ));
        let mut follower = Follower { journal: collector.journal(), journal_file, told: Told::default() };
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let code = loop {
            tokio::select! {
                biased;
                () = stop.requested() => break ExitCode::Interrupted,
                () = control.stopped() => break ExitCode::Success,
                _ = looks.tick() => follower.follow()?,
            }
        };
        // First the receiver: who waits for something to arrive there is answered then, and holds nothing up.
        collector.stop().await;
        control.close().await;
        follower.follow()?;
        print(&ledger::text(&Ledger::of(&follower.journal)))?;
        Ok(code)
    })
}

/// Tells what is new in the journal: finished attempts and connection events, each once.
struct Follower {
    journal: Journal,
    journal_file: Option<JournalFile>,
    told: Told,
}

/// What has been told already.
#[derive(Default)]
struct Told {
    /// Every exchange up to this ordinal.
    exchanges_to: u64,
    /// Beyond it, these.
    exchanges: BTreeSet<u64>,
    /// Every connection event up to this place in the journal.
    connections_to: u64,
}

impl Follower {
    fn follow(&mut self) -> Result<(), CliError> {
        let mut text = String::new();
        for (place, entry) in self.journal.trail() {
            match &entry {
                Entry::Connection(record) => {
                    if place > self.told.connections_to {
                        self.told.connections_to = place;
                        if let Some(file) = &mut self.journal_file {
                            file.connection(record)?;
                        }
                    }
                }
                Entry::Exchange(exchange) => {
                    let Some(completion) = exchange.completion() else {
                        continue;
                    };
                    if self.told.tell(exchange.ordinal) {
                        text.push_str(&lines::line(exchange, completion));
                        if let Some(file) = &mut self.journal_file {
                            file.exchange(exchange, completion)?;
                        }
                    }
                }
            }
        }
        if let Some(file) = &mut self.journal_file {
            file.flush()?;
        }
        if text.is_empty() {
            Ok(())
        } else {
            print(&text)
        }
    }
}

impl Told {
    /// Whether this exchange has not been told yet; it is from now on.
    fn tell(&mut self, ordinal: u64) -> bool {
        if ordinal <= self.exchanges_to || !self.exchanges.insert(ordinal) {
            return false;
        }
        while self.exchanges.remove(&(self.exchanges_to + 1)) {
            self.exchanges_to += 1;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_exchange_is_told_once_whatever_the_order() {
        let mut told = Told::default();
        let new: Vec<bool> = [2, 1, 1, 4, 3, 2, 4, 5]
            .map(|ordinal| told.tell(ordinal))
            .into();
        assert_eq!(new, [true, true, false, true, true, false, false, true]);
        assert!(told.exchanges.is_empty());
    }
}

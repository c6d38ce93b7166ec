//! `otelbox serve`: the receiver by itself.

mod fault_file;
mod forward;
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
        let mut builder = MockCollector::builder()
            .grpc(arguments.grpc)
            .http(arguments.http)
            .faults(faults)
            .seed(arguments.seed);
        if let Some(forward) = forward::of(arguments)? {
            builder = builder.forward(forward);
        }
        let collector = builder.start().await?;
        // Before anybody is told that all is ready, who might end it at once.
        let mut stop = Stop::listen().map_err(CliError::Runtime)?;
        // Only now, so that a port in use leaves the journal of the receiver that has it alone.
        let journal_file = arguments.journal.as_deref().map(JournalFile::create).transpose()?;
        let [to_grpc, to_http] = forward::arrows(arguments);
        note(&format!(
            "{STRONG}grpc{STRONG:#}  {}{to_grpc}\n{STRONG}http{STRONG:#}  {}{to_http}\nEverything is ready. Ctrl-C ends.\n",
            collector.grpc_endpoint(),
            collector.http_endpoint()
        ));
        let mut follower = Follower { journal: collector.journal(), journal_file, told: Told::default() };
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.requested() => break,
                _ = looks.tick() => follower.follow()?,
            }
        }
        collector.stop().await;
        follower.follow()?;
        print(&ledger::text(&Ledger::of(&follower.journal)))?;
        Ok(ExitCode::Interrupted)
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
    /// Every connection event before this place in the journal.
    connections_before: u64,
}

impl Follower {
    /// The entries that the journal still has, and the place of the first of them among all that it ever had.
    fn entries(&self) -> (u64, Vec<Entry>) {
        loop {
            let gone = self.journal.evicted().entries;
            let entries = self.journal.entries();
            if self.journal.evicted().entries == gone {
                return (gone, entries);
            }
        }
    }

    fn follow(&mut self) -> Result<(), CliError> {
        let mut text = String::new();
        let (first, entries) = self.entries();
        for (place, entry) in (first..).zip(entries) {
            match &entry {
                Entry::Connection(record) => {
                    if place >= self.told.connections_before {
                        self.told.connections_before = place + 1;
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

//! One line per attempt.

use std::fmt::Write as _;

use otelbox_mock_collector::journal::{Completion, End, Exchange, SentAnswer};

use super::console::Console;
use super::follower::{Audience, News};
use crate::cli::error::CliError;
use crate::cli::output::warn;
use crate::report::printable;

/// Prints a line per finished attempt to standard output.
pub(super) struct Lines {
    text: String,
    console: Console,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self {
            text: String::new(),
            console: Console::new(),
        }
    }

    /// Prints the last words, to whoever still reads.
    pub(super) async fn finish(self, words: String) {
        self.console.finish(words).await;
    }
}

impl Audience for Lines {
    fn hear(&mut self, news: &News<'_>) -> Result<(), CliError> {
        match news {
            News::Begun(_) | News::Connection(_) => {}
            News::Ended(exchange, completion) => self.text.push_str(&line(exchange, completion)),
            News::Missed(entries) => warn(&format!(
                "{entries} entries of the journal were gone before they could be told"
            )),
        }
        Ok(())
    }

    fn settle(&mut self) -> Result<(), CliError> {
        if !self.text.is_empty() {
            self.console.say(std::mem::take(&mut self.text));
        }
        Ok(())
    }
}

/// What the attempt was and what came of it.
fn line(exchange: &Exchange, completion: &Completion) -> String {
    let request = &exchange.request;
    let what = match (exchange.signal, exchange.export) {
        (Some(signal), Some(export)) => {
            format!("{signal} export {export} attempt {}", exchange.attempt)
        }
        _ => format!("{} {}", request.method, printable(&request.target)),
    };
    let protocol = exchange
        .protocol
        .map_or("-", otelbox_mock_collector::Protocol::name);
    let items = exchange
        .items()
        .map_or_else(|| "-".to_owned(), |items| items.to_string());
    // Writing to a string cannot fail.
    let mut line = format!(
        "{:>9.3}s  {what:28} {protocol:13} {items:>6} items {:>8} bytes  {}",
        exchange.received_at.as_secs_f64(),
        request.wire_bytes,
        answer(completion),
    );
    if let Some(forwarding) = exchange.forwarding() {
        let _ = write!(line, " ({})", printable(&forwarding.to_string()));
    }
    if let Some(error) = &request.body_error {
        let _ = write!(line, " ({error})");
    }
    if let Some(fault) = &exchange.decision.fault {
        let _ = write!(line, " [{}]", printable(&fault.name));
    }
    line.push('\n');
    line
}

/// What was answered, in a word or two.
pub(super) fn answer(completion: &Completion) -> String {
    let status = completion.answer.as_deref().map(status);
    match (status, completion.end) {
        (Some(status), End::Answered) => status,
        (Some(status), end) => format!("{status}, {}", ending(end)),
        (None, end) => ending(end).to_owned(),
    }
}

/// The status of an answer in its protocol.
pub(super) fn status(answer: &SentAnswer) -> String {
    match answer.grpc_status {
        Some(code) => code.to_string(),
        None => answer.http_status.as_u16().to_string(),
    }
}

const fn ending(end: End) -> &'static str {
    match end {
        End::Answered => "answered",
        End::ClientCancelled => "cancelled by the client",
        End::ClientGone => "the client went away",
        End::ResetByCollector => "connection reset",
        End::StreamResetByCollector => "stream reset",
        End::ClosedByCollector => "connection closed",
        End::CollectorStopped => "not ended",
    }
}

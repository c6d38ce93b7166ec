//! The journal as text, a line per entry.

use std::fmt;

use super::completion::End;
use super::entry::Entry;
use super::exchange::Exchange;
use super::journal::Journal;
use super::normalizer::seconds;

/// The journal as text, a line per entry: what a failed assertion prints.
#[derive(Debug)]
pub struct Timeline(Journal);

impl Journal {
    /// The journal as text, a line per entry.
    pub fn timeline(&self) -> Timeline {
        Timeline(self.clone())
    }
}

impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.0.entries();
        let evicted = self.0.evicted();
        if !evicted.is_nothing() {
            writeln!(f, "  ({evicted})")?;
        }
        if entries.is_empty() {
            return f.write_str("  (nothing arrived)");
        }
        for (index, entry) in entries.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "  {:>10}  ", seconds(entry.at()))?;
            match entry {
                Entry::Connection(record) => {
                    write!(
                        f,
                        "connection {} ({}) {record}",
                        record.connection, record.port
                    )?;
                }
                Entry::Exchange(exchange) => line(f, exchange)?,
            }
        }
        Ok(())
    }
}

fn line(f: &mut fmt::Formatter<'_>, exchange: &Exchange) -> fmt::Result {
    let request = &exchange.request;
    match (exchange.signal, exchange.export) {
        (Some(signal), Some(export)) => {
            write!(f, "{signal} export {export} attempt {}", exchange.attempt)?;
        }
        _ => write!(f, "{} {}", request.method, request.target)?,
    }
    if let Some(protocol) = exchange.protocol {
        write!(f, " ({protocol})")?;
    }
    if let Some(items) = exchange.items() {
        write!(f, ", {items} {}", if items == 1 { "item" } else { "items" })?;
    }
    write!(f, ", {} bytes", request.wire_bytes)?;
    if let Some(error) = &request.body_error {
        write!(f, ", {error}")?;
    }
    if let Some(fault) = &exchange.decision.fault {
        write!(f, ", {}: {}", fault.name, exchange.decision.action.name())?;
    }
    if let Some(forwarding) = exchange.forwarding() {
        write!(f, ", {forwarding}")?;
    }
    let Some(completion) = exchange.completion() else {
        return f.write_str(" -> not ended");
    };
    f.write_str(" -> ")?;
    if let Some(answer) = &completion.answer {
        match answer.grpc_status {
            Some(code) => write!(f, "{code}")?,
            None => write!(f, "{}", answer.http_status.as_u16())?,
        }
        f.write_str(if completion.end == End::Answered {
            ""
        } else {
            ", "
        })?;
    }
    if completion.answer.is_none() || completion.end != End::Answered {
        write!(f, "{}", completion.end)?;
    }
    write!(f, " at {}", seconds(completion.at))
}

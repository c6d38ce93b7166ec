//! Log records as text.

use std::fmt::{self, Write};

use opentelemetry_proto::tonic::logs::v1::{LogRecord, SeverityNumber};

use super::time::Time;
use super::value::{Attributes, Shown, one_line};
use super::{Id, sampled, write_resource, write_scope};
use crate::export::{Batch, counted};
use crate::logs::LogBatch;

/// The batch, each log record with its details below it.
pub(crate) fn logs(batch: &LogBatch) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_batch(&mut text, batch);
    text
}

fn write_batch(out: &mut String, batch: &LogBatch) -> fmt::Result {
    writeln!(out, "{}", counted(batch.items(), LogBatch::ITEM))?;
    for resource in &batch.request.resource_logs {
        write_resource(out, resource.resource.as_ref())?;
        for scope in &resource.scope_logs {
            write_scope(out, scope.scope.as_ref())?;
            for record in &scope.log_records {
                write_record(out, record)?;
            }
        }
    }
    Ok(())
}

fn write_record(out: &mut String, record: &LogRecord) -> fmt::Result {
    match (record.time_unix_nano, record.observed_time_unix_nano) {
        (0, 0) => write!(out, "    time not known")?,
        (0, observed) => write!(out, "    {} (observed)", Time(observed))?,
        (time, _) => write!(out, "    {}", Time(time))?,
    }
    write_severity(out, record)?;
    if record.body.is_some() {
        write!(out, " {}", Shown(record.body.as_ref()))?;
    }
    writeln!(out)?;
    if !record.event_name.is_empty() {
        writeln!(out, "      event {}", one_line(&record.event_name))?;
    }
    if record.time_unix_nano != 0 && record.observed_time_unix_nano != 0 {
        writeln!(
            out,
            "      observed {}",
            Time(record.observed_time_unix_nano)
        )?;
    }
    if !record.trace_id.is_empty() || !record.span_id.is_empty() {
        writeln!(
            out,
            "      trace {} span {}{}",
            Id(&record.trace_id),
            Id(&record.span_id),
            sampled(record.flags)
        )?;
    }
    if !record.attributes.is_empty() {
        writeln!(out, "      {}", Attributes(&record.attributes))?;
    }
    match record.dropped_attributes_count {
        0 => Ok(()),
        dropped => writeln!(out, "      {} dropped", counted(dropped, "attribute")),
    }
}

/// As `ERROR2`; with the text of the source as well, where that is something else: `ERROR2 (critical)`.
fn write_severity(out: &mut String, record: &LogRecord) -> fmt::Result {
    let name = SeverityNumber::try_from(record.severity_number)
        .ok()
        .filter(|number| *number != SeverityNumber::Unspecified)
        .map(|number| number.as_str_name().trim_start_matches("SEVERITY_NUMBER_"));
    let text = Some(record.severity_text.as_str()).filter(|text| !text.is_empty());
    match (name, text) {
        (Some(name), Some(text)) if name != text => write!(out, " {name} ({})", one_line(text)),
        (Some(name), _) => write!(out, " {name}"),
        (None, Some(text)) => write!(out, " {}", one_line(text)),
        (None, None) => Ok(()),
    }
}

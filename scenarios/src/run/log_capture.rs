//! What an SDK in this process says, caught on the thread that it runs on.

use std::fmt::Write as _;

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
    subscriber::Interest,
};

use crate::{scenario::check::LogLevel, sut::LogBook};

/// Targets of the SDKs that a user would see; everything else is the library's own.
const HEARD: [&str; 2] = ["otelbox_sdk", "opentelemetry"];

/// Copies events of SDKs to a log book, from DEBUG up.
pub(super) struct Listener {
    book: LogBook,
}

impl Listener {
    pub(super) fn new(book: LogBook) -> Self {
        Self { book }
    }
}

fn is_heard(metadata: &Metadata<'_>) -> bool {
    metadata.is_event()
        && *metadata.level() <= Level::DEBUG
        && HEARD
            .iter()
            .any(|target| metadata.target().starts_with(target))
}

impl Subscriber for Listener {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        // Another thread may listen to another cell, or to none: ask each time.
        if is_heard(metadata) {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_heard(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::DEBUG)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        if !is_heard(event.metadata()) {
            return;
        }
        let mut line = Line::default();
        event.record(&mut line);
        let level = match *event.metadata().level() {
            Level::ERROR => LogLevel::Error,
            Level::WARN => LogLevel::Warn,
            Level::INFO => LogLevel::Info,
            Level::DEBUG => LogLevel::Debug,
            Level::TRACE => LogLevel::Trace,
        };
        self.book.add(level, line.text());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The message of an event; its fields where it has none.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Line {
    /// An event may have a field of its own that is called `message`; nothing that was said is lost.
    fn say(&mut self, text: &str) {
        let space = if self.message.is_empty() { "" } else { " " };
        let _ = write!(self.message, "{space}{text}");
    }

    fn text(self) -> String {
        if self.message.is_empty() {
            self.fields
        } else {
            self.message
        }
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.say(value);
        } else {
            self.record_debug(field, &format_args!("{value}"));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.say(&format!("{value:?}"));
        } else {
            let space = if self.fields.is_empty() { "" } else { " " };
            let _ = write!(self.fields, "{space}{}={value:?}", field.name());
        }
    }
}

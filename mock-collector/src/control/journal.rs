//! The journal.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::MethodFilter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::faults::number;
use super::input::{InPath, InQuery};
use super::operation::Operation;
use super::problem::{Code, Problem};
use super::receiver::blocking;
use super::shared::Shared;
use super::time_to_live::Patience;
use super::view::{ConnectionView, ExchangeDetail, ExchangeView, Filter};
use crate::journal::{Entry, Evicted};
use crate::signal::{Protocol, Signal};

const TAG: &str = "journal";

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(MethodFilter::GET, "/v1/journal", "getJournal", entries)
            .about(TAG, "What arrived, and what was sent back")
            .description(
                "With `min` and `timeout` it waits until so many entries match. Without filters, events of connections \
                 are told too.",
            )
            .query::<JournalQuery>()
            .answers::<JournalPage>("What there is; `enough` says whether it is what was waited for."),
        Operation::new(MethodFilter::GET, "/v1/journal/{ordinal}", "getExchange", exchange)
            .about(TAG, "One exchange with headers, body, payload and answer")
            .in_path::<Ordinal>("ordinal")
            .answers::<ExchangeDetail>("The exchange.")
            .fails(
                StatusCode::NOT_FOUND,
                "There is no exchange with this ordinal; it may have been evicted, or forgotten by a reset.",
            ),
    ]
}

/// The ordinal of an exchange, 1-based.
#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "only its schema is used: a path is read as text")]
struct Ordinal(#[schemars(range(min = 1))] u64);

/// Which entries, and how long to wait for them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct JournalQuery {
    /// Only exchanges, or only events of connections.
    kind: Option<Kind>,
    /// Only exchanges of this signal.
    signal: Option<Signal>,
    /// Only exchanges of this protocol.
    protocol: Option<Protocol>,
    /// Only exchanges of this export, 1-based.
    export: Option<u64>,
    /// Only exchanges that are this attempt of their export, 1-based.
    attempt: Option<u32>,
    /// Only exchanges that the fault with this name decided about.
    fault: Option<String>,
    /// Only exchanges that have ended (true), or have not (false).
    ended: Option<bool>,
    /// Only entries after this place: what `next` was before.
    #[serde(default)]
    since: u64,
    /// At most so many entries, the oldest of those that match; default 1000, at most 10000.
    #[serde(default)]
    limit: Limit,
    /// At most so many entries, the newest of those that match.
    newest: Option<Limit>,
    /// Waits until so many entries match; default 0.
    #[serde(default)]
    min: u64,
    /// Waits until `revision` is another than this.
    changed_from: Option<u64>,
    /// Waits so long for `min` and `changed_from`: `5s`; at most a minute. Default: not at all.
    #[serde(default)]
    timeout: Patience,
}

/// The kinds of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Kind {
    /// A request and its answer.
    Exchange,
    /// Something that happened to a connection.
    Connection,
}

/// How many entries are told at most, 1 to 10000.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(try_from = "u64")]
#[schemars(!try_from, inline)]
pub(super) struct Limit(#[schemars(range(min = 1, max = 10_000))] u64);

impl Default for Limit {
    fn default() -> Self {
        Self(1000)
    }
}

impl TryFrom<u64> for Limit {
    type Error = &'static str;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        if (1..=10_000).contains(&number) {
            Ok(Self(number))
        } else {
            Err("a limit is from 1 to 10000")
        }
    }
}

impl Limit {
    pub(super) fn entries(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// A part of the journal.
#[derive(Debug, Serialize, JsonSchema)]
struct JournalPage {
    /// What matches, in order, as much of it as the limit allows.
    entries: Vec<EntryView>,
    /// How many entries match, told or not.
    matching: u64,
    /// Whether what was waited for is there.
    enough: bool,
    /// For `since`, to go on from here: the place of the last entry that was told, or that was passed over.
    next: u64,
    /// For `changed_from`: another number after each change of journal or faults.
    revision: u64,
    /// What the journal has let go of to stay within its budget. Where it is not nothing, there was more.
    evicted: Evicted,
}

/// An entry of the journal.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(rename = "Entry")]
enum EntryView {
    /// A request and its answer.
    Exchange(Box<ExchangeView>),
    /// Something that happened to a connection.
    Connection(ConnectionView),
}

async fn entries(
    State(shared): State<Shared>,
    InQuery(query): InQuery<JournalQuery>,
) -> Json<JournalPage> {
    let page = shared.look_until_enough(query.timeout, || {
        let page = look(&shared, &query);
        (page.enough, page)
    });
    Json(page.await)
}

fn look(shared: &Shared, query: &JournalQuery) -> JournalPage {
    // Before the entries: what changes from here on is a change for whoever gets them.
    let revision = shared.revision();
    let journal = &shared.collector.core.journal;
    let filter = Filter {
        signal: query.signal,
        protocol: query.protocol,
        export: query.export,
        attempt: query.attempt,
        fault: query.fault.clone(),
    };
    let asks_of_exchanges = !filter.is_empty() || query.ended.is_some();
    let mut last = query.since;
    let mut found: Vec<(u64, Entry)> = Vec::new();
    for (place, entry) in journal.placed_entries() {
        if place <= query.since {
            continue;
        }
        last = last.max(place);
        let matches = match &entry {
            Entry::Connection(_) => query.kind != Some(Kind::Exchange) && !asks_of_exchanges,
            Entry::Exchange(exchange) => {
                let has_ended = exchange.completion().is_some();
                query.kind != Some(Kind::Connection)
                    && filter.admits(exchange)
                    && query.ended.is_none_or(|ended| ended == has_ended)
            }
        };
        if matches {
            found.push((place, entry));
        }
    }
    let matching = found.len();
    let told = match query.newest {
        Some(newest) => &found[matching.saturating_sub(newest.entries())..],
        None => &found[..matching.min(query.limit.entries())],
    };
    // What is left out at the end is told next time.
    let is_cut = query.newest.is_none() && told.len() < matching;
    let next = match told.last() {
        Some((place, _)) if is_cut => *place,
        _ => last,
    };
    let matching = u64::try_from(matching).unwrap_or(u64::MAX);
    JournalPage {
        entries: told.iter().map(view).collect(),
        matching,
        enough: matching >= query.min && query.changed_from != Some(revision),
        next,
        revision,
        evicted: journal.evicted(),
    }
}

fn view((place, entry): &(u64, Entry)) -> EntryView {
    match entry {
        Entry::Exchange(exchange) => {
            EntryView::Exchange(Box::new(ExchangeView::new(*place, exchange)))
        }
        Entry::Connection(record) => EntryView::Connection(ConnectionView::new(*place, record)),
    }
}

async fn exchange(
    State(shared): State<Shared>,
    InPath(ordinal): InPath,
) -> Result<Json<ExchangeDetail>, Problem> {
    let entries = shared.collector.core.journal.placed_entries().into_iter();
    let wanted = number(&ordinal);
    let mut exchanges = entries.filter_map(|(place, entry)| match entry {
        Entry::Exchange(exchange) => Some((place, exchange)),
        Entry::Connection(_) => None,
    });
    let found = exchanges.find(|(_, exchange)| Some(exchange.ordinal) == wanted);
    let Some((place, exchange)) = found else {
        let detail = format!("there is no exchange {ordinal}");
        return Err(Problem::new(Code::NoSuchExchange, detail)
            .possible("GET /v1/journal lists those there are"));
    };
    let made = blocking(move || ExchangeDetail::new(place, &exchange));
    made.await.map(Json)
}

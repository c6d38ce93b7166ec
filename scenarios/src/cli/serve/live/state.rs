//! What the view knows: news and commands go in, and it is drawn from here.

use std::sync::Arc;
use std::time::Duration;

use otelbox_mock_collector::fault::{FaultStatus, LiveFaults, Switch};
use otelbox_mock_collector::journal::Exchange;
use otelbox_mock_collector::ledger::RunningLedger;

use super::detail;
use super::help;
use super::keys::Look;
use super::page::Page;
use super::row::Row;
use super::setup::Setup;
use super::timeline::Timeline;
use super::view::Room;
use crate::cli::serve::follower::News;

/// What the view knows.
#[derive(Debug)]
pub(super) struct State {
    pub(super) setup: Setup,
    pub(super) ledger: RunningLedger,
    pub(super) timeline: Timeline,
    pub(super) faults: Vec<FaultStatus>,
    /// The switches that are on.
    pub(super) on: Vec<Switch>,
    /// In whole seconds.
    pub(super) uptime: Duration,
    /// Entries of the journal that were gone before anybody saw them.
    pub(super) missed: u64,
    /// What is read in place of the list.
    pub(super) page: Option<Page>,
    is_help: bool,
    /// How many rows and lines there was room for when it was last drawn.
    room: Room,
    changed: bool,
}

/// What is looked at in full, and has to be put into words: not here, since that may take its time.
#[derive(Debug)]
pub(super) struct ToOpen(Row);

impl State {
    pub(super) fn new(setup: Setup) -> Self {
        Self {
            setup,
            ledger: RunningLedger::default(),
            timeline: Timeline::new(KEPT),
            faults: Vec::new(),
            on: Vec::new(),
            uptime: Duration::ZERO,
            missed: 0,
            page: None,
            is_help: false,
            room: Room::default(),
            changed: true,
        }
    }

    pub(super) fn hear(&mut self, news: &News<'_>) {
        self.changed = true;
        match news {
            News::Begun(exchange) => {
                self.ledger.begun(exchange);
                self.timeline.push(Row::Attempt(Arc::clone(exchange)));
            }
            // Its row has the exchange, and knows.
            News::Ended(exchange, _) => self.ledger.ended(exchange),
            News::Connection(record) => {
                if let Some(row) = Row::of_connection(record) {
                    self.timeline.push(row);
                }
            }
            News::Missed(entries) => self.missed += entries,
        }
    }

    /// Takes over how late it is and what the faults do.
    pub(super) fn tick(&mut self, uptime: Duration, faults: &LiveFaults) {
        let uptime = Duration::from_secs(uptime.as_secs());
        let statuses = faults.statuses();
        if uptime != self.uptime || statuses != self.faults {
            self.changed = true;
            self.uptime = uptime;
            self.on = Switch::ALL
                .into_iter()
                .filter(|switch| faults.is_on(*switch))
                .collect();
            self.faults = statuses;
        }
    }

    /// Looks somewhere else; what has to be put into words for that is left to the caller.
    pub(super) fn look(&mut self, look: Look) -> Option<ToOpen> {
        self.changed = true;
        match (&mut self.page, look) {
            (_, Look::Help) => {
                self.is_help = !(self.is_help && self.page.is_some());
                self.page = self.is_help.then(help::page);
            }
            (Some(page), look) => {
                let room = self.room.lines;
                match look {
                    Look::Up => page.up(1, room),
                    Look::Down => page.down(1, room),
                    Look::PageUp => page.up(room.max(1), room),
                    Look::PageDown => page.down(room.max(1), room),
                    Look::Home => page.up(usize::MAX, room),
                    Look::End => page.down(usize::MAX, room),
                    Look::Left => page.left(),
                    Look::Right => page.right(),
                    Look::Back | Look::Open => self.page = None,
                    Look::Help | Look::Hold | Look::Clear => {}
                }
            }
            (None, look) => {
                let rows = self.room.rows.max(1);
                match look {
                    Look::Up => self.timeline.up(1),
                    Look::Down => self.timeline.down(1),
                    Look::PageUp => self.timeline.up(rows),
                    Look::PageDown => self.timeline.down(rows),
                    Look::Home => self.timeline.home(),
                    Look::End => self.timeline.end(),
                    Look::Hold => self.timeline.toggle_hold(),
                    Look::Clear => self.timeline.clear(),
                    Look::Open => {
                        let selected = self.timeline.selected()?;
                        return self.timeline.rows().get(selected).cloned().map(ToOpen);
                    }
                    Look::Left | Look::Right | Look::Back | Look::Help => {}
                }
            }
        }
        None
    }

    /// Shows what was asked for.
    pub(super) fn open(&mut self, page: Page) {
        self.changed = true;
        self.is_help = false;
        self.page = Some(match &self.page {
            Some(before) if before.waits_for.is_some() => page.at_the_place_of(before),
            Some(_) | None => page,
        });
    }

    /// What is looked at and has ended since: it is to be opened again.
    pub(super) fn to_open_again(&self) -> Option<ToOpen> {
        let exchange: &Arc<Exchange> = self.page.as_ref()?.waits_for.as_ref()?;
        exchange.completion()?;
        Some(ToOpen(Row::Attempt(Arc::clone(exchange))))
    }

    /// Takes over what there was room for, as the place from which to move.
    pub(super) fn drawn(&mut self, room: Room) {
        self.room = room;
        let window = self.timeline.window(room.rows);
        self.timeline.shown(&window);
    }

    /// Whether there is something new to be drawn; not any more.
    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// There is something new to be drawn: the terminal itself is another.
    pub(super) fn touch(&mut self) {
        self.changed = true;
    }
}

impl ToOpen {
    /// Puts it into words.
    pub(super) fn page(&self) -> Page {
        detail::page(&self.0)
    }
}

/// How many rows are kept.
const KEPT: usize = 10_000;

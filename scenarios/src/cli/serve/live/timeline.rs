//! The rows that are kept, and which of them are looked at.

use std::collections::VecDeque;
use std::ops::Range;

use super::row::Row;

/// The last rows, the newest at the end. The newest is followed until another is selected, or the list is held still.
#[derive(Debug)]
pub(super) struct Timeline {
    rows: VecDeque<Row>,
    /// The number of the first row that is kept, of all that there ever were.
    first: u64,
    /// What came while the list is held.
    held: Option<VecDeque<Row>>,
    /// How many of those are not kept any more.
    held_lost: u64,
    /// The number of the row that is selected; `None` for the newest, whichever that is.
    selected: Option<u64>,
    /// The number of the row at the top, where the newest is not followed.
    top: u64,
    capacity: usize,
}

impl Timeline {
    /// Keeps so many rows, and as many that come while the list is held.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            rows: VecDeque::new(),
            first: 0,
            held: None,
            held_lost: 0,
            selected: None,
            top: 0,
            capacity,
        }
    }

    pub(super) fn push(&mut self, row: Row) {
        if let Some(held) = &mut self.held {
            held.push_back(row);
            if held.len() > self.capacity {
                held.pop_front();
                self.held_lost += 1;
            }
            return;
        }
        self.rows.push_back(row);
        if self.rows.len() > self.capacity {
            self.rows.pop_front();
            self.first += 1;
        }
    }

    pub(super) fn rows(&self) -> &VecDeque<Row> {
        &self.rows
    }

    /// How many rows there were before those that are kept.
    pub(super) fn gone(&self) -> u64 {
        self.first
    }

    /// How many rows wait for the list to go on; `None` where it is not held.
    pub(super) fn held(&self) -> Option<u64> {
        let held = self.held.as_ref()?;
        Some(self.held_lost + count(held.len()))
    }

    /// Whether the newest row is followed.
    pub(super) fn is_following(&self) -> bool {
        self.selected.is_none() && self.held.is_none()
    }

    /// Holds the list still, or lets it go on.
    pub(super) fn toggle_hold(&mut self) {
        match self.held.take() {
            None => self.held = Some(VecDeque::new()),
            Some(held) => {
                if self.held_lost > 0 {
                    // There is a gap: what was before it is as gone as what was in it.
                    self.first += count(self.rows.len()) + self.held_lost;
                    self.rows.clear();
                    self.held_lost = 0;
                }
                for row in held {
                    self.push(row);
                }
            }
        }
    }

    /// Forgets all rows.
    pub(super) fn clear(&mut self) {
        let capacity = self.capacity;
        let held = self.held.is_some().then(VecDeque::new);
        *self = Self {
            held,
            ..Self::new(capacity)
        };
    }

    /// The place of the selected row among those that are kept; `None` where there is no row.
    pub(super) fn selected(&self) -> Option<usize> {
        let last = self.rows.len().checked_sub(1)?;
        Some(
            self.selected
                .map_or(last, |number| self.place(number).min(last)),
        )
    }

    /// Selects the row that is so many further up.
    pub(super) fn up(&mut self, rows: usize) {
        if let Some(selected) = self.selected() {
            self.select(selected.saturating_sub(rows));
        }
    }

    /// Selects the row that is so many further down; at the end, the newest is followed again.
    pub(super) fn down(&mut self, rows: usize) {
        if let Some(selected) = self.selected() {
            self.select(selected.saturating_add(rows));
        }
    }

    /// Selects the oldest row.
    pub(super) fn home(&mut self) {
        self.up(usize::MAX);
    }

    /// Follows the newest row again.
    pub(super) fn end(&mut self) {
        self.selected = None;
    }

    /// The places of the rows that are shown where there is room for so many: the selected one is among them.
    pub(super) fn window(&self, room: usize) -> Range<usize> {
        let Some(selected) = self.selected() else {
            return 0..0;
        };
        let length = self.rows.len();
        let lowest_top = length.saturating_sub(room);
        let top = if self.selected.is_none() {
            lowest_top
        } else {
            self.place(self.top)
                .min(selected)
                .max((selected + 1).saturating_sub(room))
                .min(lowest_top)
        };
        top..(top + room).min(length)
    }

    /// Takes what was shown as the place from which to move.
    pub(super) fn shown(&mut self, window: &Range<usize>) {
        self.top = self.first + count(window.start);
    }

    fn select(&mut self, place: usize) {
        self.selected = if place + 1 < self.rows.len() {
            Some(self.first + count(place))
        } else {
            None
        };
    }

    /// The place of a row by its number; of one that is gone, the first.
    fn place(&self, number: u64) -> usize {
        usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX)
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use otelbox_mock_collector::journal::{ConnectionEvent, ConnectionRecord, Port};

    use super::*;

    fn row(number: u64) -> Row {
        Row::Connection(Arc::new(ConnectionRecord {
            faults: Vec::new(),
            at: Duration::from_secs(number),
            connection: number,
            port: Port::Grpc,
            event: ConnectionEvent::Refused,
        }))
    }

    fn timeline(capacity: usize, rows: u64) -> Timeline {
        let mut timeline = Timeline::new(capacity);
        (0..rows).for_each(|number| timeline.push(row(number)));
        timeline
    }

    /// The numbers of the rows that are shown, and of the one that is selected.
    fn shown(timeline: &mut Timeline, room: usize) -> (Vec<u64>, Option<u64>) {
        let number = |place: usize| timeline.rows[place].at().as_secs();
        let window = timeline.window(room);
        let seen = (
            window.clone().map(number).collect(),
            timeline.selected().map(number),
        );
        timeline.shown(&window);
        seen
    }

    #[test]
    fn the_newest_rows_are_shown_and_followed() {
        let mut timeline = timeline(100, 0);
        assert_eq!(shown(&mut timeline, 3), (vec![], None));
        timeline.push(row(0));
        assert_eq!(shown(&mut timeline, 3), (vec![0], Some(0)));
        (1..6).for_each(|number| timeline.push(row(number)));
        assert_eq!(shown(&mut timeline, 3), (vec![3, 4, 5], Some(5)));
        assert!(timeline.is_following());
        assert_eq!(shown(&mut timeline, 0), (vec![], Some(5)), "no room");
    }

    #[test]
    fn a_selected_row_stays_where_it_is_while_others_come() {
        let mut timeline = timeline(100, 6);
        shown(&mut timeline, 3);
        timeline.up(1);
        assert_eq!(shown(&mut timeline, 3), (vec![3, 4, 5], Some(4)));
        timeline.push(row(6));
        assert_eq!(shown(&mut timeline, 3), (vec![3, 4, 5], Some(4)));
        timeline.up(2);
        assert_eq!(shown(&mut timeline, 3), (vec![2, 3, 4], Some(2)));
        timeline.home();
        assert_eq!(shown(&mut timeline, 3), (vec![0, 1, 2], Some(0)));
        timeline.down(4);
        assert_eq!(shown(&mut timeline, 3), (vec![2, 3, 4], Some(4)));
        timeline.down(100);
        assert_eq!(shown(&mut timeline, 3), (vec![4, 5, 6], Some(6)));
        assert!(timeline.is_following());
    }

    #[test]
    fn more_room_shows_more_and_less_room_keeps_the_selected_row() {
        let mut timeline = timeline(100, 10);
        shown(&mut timeline, 4);
        timeline.up(3);
        assert_eq!(shown(&mut timeline, 4), (vec![6, 7, 8, 9], Some(6)));
        assert_eq!(shown(&mut timeline, 1), (vec![6], Some(6)));
        assert_eq!(shown(&mut timeline, 20).0.len(), 10);
    }

    #[test]
    fn only_the_last_rows_are_kept_and_the_selection_moves_on_when_its_row_goes() {
        let mut timeline = timeline(5, 5);
        timeline.home();
        shown(&mut timeline, 2);
        (5..8).for_each(|number| timeline.push(row(number)));
        assert_eq!((timeline.rows().len(), timeline.gone()), (5, 3));
        assert_eq!(shown(&mut timeline, 2), (vec![3, 4], Some(3)));
    }

    #[test]
    fn a_held_list_stands_still_and_goes_on_without_a_gap() {
        let mut timeline = timeline(5, 3);
        timeline.toggle_hold();
        timeline.push(row(3));
        assert_eq!(timeline.held(), Some(1));
        assert!(!timeline.is_following());
        assert_eq!(shown(&mut timeline, 5), (vec![0, 1, 2], Some(2)));
        timeline.toggle_hold();
        assert_eq!(timeline.held(), None);
        assert_eq!(shown(&mut timeline, 5), (vec![0, 1, 2, 3], Some(3)));
    }

    #[test]
    fn what_is_lost_while_the_list_is_held_is_counted() {
        let mut timeline = timeline(3, 3);
        timeline.toggle_hold();
        (3..13).for_each(|number| timeline.push(row(number)));
        assert_eq!(timeline.held(), Some(10));
        assert_eq!(shown(&mut timeline, 5), (vec![0, 1, 2], Some(2)));
        timeline.toggle_hold();
        assert_eq!(shown(&mut timeline, 5), (vec![10, 11, 12], Some(12)));
        assert_eq!(timeline.gone(), 10);
    }

    #[test]
    fn cleared_there_is_nothing_and_nothing_selected() {
        let mut timeline = timeline(5, 9);
        timeline.home();
        timeline.clear();
        assert_eq!(shown(&mut timeline, 5), (vec![], None));
        assert_eq!(timeline.gone(), 0);
        timeline.push(row(9));
        assert_eq!(shown(&mut timeline, 5), (vec![9], Some(9)));
    }
}

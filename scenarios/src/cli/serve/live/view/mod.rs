//! The view as a pure function of its state.

mod faults;
mod header;
mod layout;
mod list;
mod painter;
mod reading;
mod switches;
mod totals;

#[cfg(test)]
mod tests;

use ratatui::Frame;

use super::colours::Colours;
use super::state::State;

pub(super) use layout::Room;

use layout::Layout;
use painter::Painter;

/// Draws the state, and says for how many rows and lines there was room.
pub(super) fn draw(frame: &mut Frame<'_>, state: &State, colours: Colours) -> Room {
    let area = frame.area();
    let layout = Layout::of(area, state);
    let mut painter = Painter::new(frame.buffer_mut(), area, colours);
    header::draw(&mut painter, &layout, state);
    if let Some(page) = &state.page {
        reading::draw(&mut painter, &layout, page);
    } else {
        totals::draw(&mut painter, &layout, state);
        faults::draw(&mut painter, &layout, state);
        switches::draw(&mut painter, &layout, state);
        list::draw(&mut painter, &layout, state);
    }
    layout.room()
}

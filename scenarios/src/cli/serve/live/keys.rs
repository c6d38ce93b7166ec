//! What the keys mean.

use otelbox_mock_collector::fault::Switch;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// What somebody at the keyboard wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// The fault of a switch on, or off.
    Toggle(Switch),
    /// To look at something else.
    Look(Look),
    /// The end, in good order.
    Quit,
    /// The end, as Ctrl-C ends any program.
    Interrupt,
    /// To go back to the shell for a while.
    Suspend,
    /// Everything drawn again.
    Redraw,
}

/// Where to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    Left,
    Right,
    /// At the selected attempt in full.
    Open,
    /// At the list.
    Back,
    /// At the help, or away from it.
    Help,
    /// At a list that stands still, or that goes on.
    Hold,
    /// At an empty list.
    Clear,
}

/// What a key means; `None` where it means nothing.
pub(super) fn command(key: KeyEvent) -> Option<Command> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let look = |look| Some(Command::Look(look));
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('c') => Some(Command::Interrupt),
            KeyCode::Char('z') => Some(Command::Suspend),
            KeyCode::Char('l') => Some(Command::Redraw),
            _ => None,
        };
    }
    if key
        .modifiers
        .intersects(KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::META)
    {
        return None;
    }
    match key.code {
        KeyCode::Up => look(Look::Up),
        KeyCode::Down => look(Look::Down),
        KeyCode::PageUp => look(Look::PageUp),
        KeyCode::PageDown => look(Look::PageDown),
        KeyCode::Home => look(Look::Home),
        KeyCode::End => look(Look::End),
        KeyCode::Left => look(Look::Left),
        KeyCode::Right => look(Look::Right),
        KeyCode::Enter => look(Look::Open),
        KeyCode::Esc => look(Look::Back),
        KeyCode::Char('?') => look(Look::Help),
        KeyCode::Char(' ') => look(Look::Hold),
        KeyCode::Char('c' | 'C') => look(Look::Clear),
        KeyCode::Char('q' | 'Q') => Some(Command::Quit),
        // Caps lock is no reason to do nothing.
        KeyCode::Char(letter) => Switch::ALL
            .into_iter()
            .find(|switch| switch.key() == letter.to_ascii_lowercase())
            .map(Command::Toggle),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(code: KeyCode, modifiers: KeyModifiers) -> Option<Command> {
        command(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn each_switch_has_its_letter_and_no_letter_means_two_things() {
        for switch in Switch::ALL {
            let key = KeyCode::Char(switch.key());
            assert_eq!(
                pressed(key, KeyModifiers::NONE),
                Some(Command::Toggle(switch))
            );
            let key = KeyCode::Char(switch.key().to_ascii_uppercase());
            assert_eq!(
                pressed(key, KeyModifiers::SHIFT),
                Some(Command::Toggle(switch))
            );
        }
    }

    #[test]
    fn ctrl_c_interrupts_and_c_only_clears() {
        let c = KeyCode::Char('c');
        assert_eq!(pressed(c, KeyModifiers::CONTROL), Some(Command::Interrupt));
        assert_eq!(
            pressed(c, KeyModifiers::NONE),
            Some(Command::Look(Look::Clear))
        );
        assert_eq!(pressed(c, KeyModifiers::ALT), None);
    }

    #[test]
    fn a_switch_is_not_switched_with_ctrl_or_when_its_key_is_let_go() {
        let r = KeyCode::Char('r');
        assert_eq!(pressed(r, KeyModifiers::CONTROL), None);
        let released = KeyEvent::new_with_kind(r, KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(command(released), None);
    }

    #[test]
    fn keys_without_a_meaning_do_nothing() {
        assert_eq!(pressed(KeyCode::Char('x'), KeyModifiers::NONE), None);
        assert_eq!(pressed(KeyCode::F(1), KeyModifiers::NONE), None);
        assert_eq!(pressed(KeyCode::Char('ü'), KeyModifiers::NONE), None);
    }
}

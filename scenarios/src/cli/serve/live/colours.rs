//! How things look: with the colours of the reports, or without any.

use ratatui::style::{Color, Modifier, Style};

use super::row::Outcome;

/// Colours, or none. Bold, dim and reverse remain without them; nothing is said by a colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colours {
    On,
    Off,
}

impl Colours {
    /// What the user wants on standard output: `NO_COLOR`, `CLICOLOR` and the like are obeyed.
    pub(super) fn of_standard_output() -> Self {
        match anstream::AutoStream::choice(&std::io::stdout()) {
            anstream::ColorChoice::Never => Self::Off,
            anstream::ColorChoice::Auto
            | anstream::ColorChoice::AlwaysAnsi
            | anstream::ColorChoice::Always => Self::On,
        }
    }

    pub(super) fn outcome(self, outcome: Outcome) -> Style {
        match outcome {
            Outcome::Waiting => QUIET,
            Outcome::Accepted => self.foreground(Color::Green),
            Outcome::Partial => self.foreground(Color::Yellow),
            Outcome::Refused => self.foreground(Color::Red),
            Outcome::Broken => self.foreground(Color::Magenta),
        }
    }

    /// Of a fault that applies, and of a switch that is on.
    pub(super) fn fault(self) -> Style {
        self.foreground(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    fn foreground(self, colour: Color) -> Style {
        match self {
            Self::On => Style::new().fg(colour),
            Self::Off => Style::new(),
        }
    }
}

pub(super) const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);
pub(super) const QUIET: Style = Style::new().add_modifier(Modifier::DIM);
pub(super) const SELECTED: Style = Style::new().add_modifier(Modifier::REVERSED);

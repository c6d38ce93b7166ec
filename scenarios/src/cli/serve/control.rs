//! The control API of a receiver, where it was asked for.

use std::fmt;

use otelbox_mock_collector::MockCollector;
use otelbox_mock_collector::control::{Control, ControlSettings, ControlToken};

use crate::cli::arguments::{Secret, Serve};
use crate::cli::error::CliError;
use crate::cli::output::{STRONG, warn};

/// What the arguments say about the control API. Nothing is open yet.
pub(super) struct ControlPort(Option<ControlSettings>);

/// The control API, if it is open.
pub(super) struct OpenControl(Option<Control>);

impl ControlPort {
    pub(super) fn of(arguments: &Serve) -> Result<Self, CliError> {
        // A variable that is empty is as one that is not set.
        let token = arguments
            .control_token
            .as_ref()
            .filter(|Secret(text)| !text.is_empty());
        let Some(address) = arguments.control else {
            if token.is_some() {
                warn("a control token does nothing without --control");
            }
            return Ok(Self(None));
        };
        let token = token
            .map(|Secret(text)| ControlToken::try_new(text))
            .transpose()?;
        Ok(Self(Some(ControlSettings::try_new(address, token)?)))
    }

    pub(super) async fn open(self, collector: &MockCollector) -> Result<OpenControl, CliError> {
        Ok(OpenControl(match self.0 {
            Some(settings) => Some(Control::open(collector, settings).await?),
            None => None,
        }))
    }
}

impl OpenControl {
    /// Comes back when a client has stopped the receiver.
    pub(super) async fn stopped(&mut self) {
        match &mut self.0 {
            Some(control) => control.stopped().await,
            None => std::future::pending().await,
        }
    }

    /// Closes it, once the last answers have been sent.
    pub(super) async fn close(self) {
        if let Some(control) = self.0 {
            control.close().await;
        }
    }
}

/// The line that says where it is; nothing where it is not open.
impl fmt::Display for OpenControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(control) => writeln!(
                f,
                "{STRONG}control{STRONG:#}  http://{}/",
                control.address()
            ),
            None => Ok(()),
        }
    }
}

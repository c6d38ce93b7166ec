//! Which exchanges are meant.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::journal::Exchange;
use crate::signal::{Protocol, Signal};

/// Which exchanges are meant: those for which every condition holds that is there.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub(in crate::control) struct Filter {
    pub(in crate::control) signal: Option<Signal>,
    pub(in crate::control) protocol: Option<Protocol>,
    pub(in crate::control) export: Option<u64>,
    pub(in crate::control) attempt: Option<u32>,
    pub(in crate::control) fault: Option<String>,
}

impl Filter {
    /// Whether nothing is asked for.
    pub(in crate::control) fn is_empty(&self) -> bool {
        let Self {
            signal,
            protocol,
            export,
            attempt,
            fault,
        } = self;
        signal.is_none()
            && protocol.is_none()
            && export.is_none()
            && attempt.is_none()
            && fault.is_none()
    }

    pub(in crate::control) fn admits(&self, exchange: &Exchange) -> bool {
        let Self {
            signal,
            protocol,
            export,
            attempt,
            fault,
        } = self;
        signal.is_none_or(|signal| exchange.signal == Some(signal))
            && protocol.is_none_or(|protocol| exchange.protocol == Some(protocol))
            && export.is_none_or(|export| exchange.export == Some(export))
            && attempt.is_none_or(|attempt| exchange.attempt == attempt)
            && fault.as_ref().is_none_or(|name| {
                let by = exchange.decision.fault.as_ref();
                by.is_some_and(|fault| fault.name == *name)
            })
    }
}

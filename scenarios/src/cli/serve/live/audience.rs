//! The view as one who hears the news.

use std::sync::Arc;

use parking_lot::Mutex;

use super::state::State;
use crate::cli::error::CliError;
use crate::cli::serve::follower::{Audience, News};

/// Puts the news where the view is drawn from.
pub(in crate::cli::serve) struct LiveAudience(pub(super) Arc<Mutex<State>>);

impl Audience for LiveAudience {
    fn hear(&mut self, news: &News<'_>) -> Result<(), CliError> {
        self.0.lock().hear(news);
        Ok(())
    }

    fn settle(&mut self) -> Result<(), CliError> {
        Ok(())
    }
}

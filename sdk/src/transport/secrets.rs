//! Keeps what the client sends in confidence out of what the receiver's words become: log lines and errors.

use crate::export::{Accepted, AttemptError, AttemptResult};
use crate::headers::Headers;

/// How much of what a receiver says is kept, in characters.
const MESSAGE_CHARS: usize = 1_024;

/// Shorter values of headers are no secrets: they could not be told from ordinary words.
const SHORTEST: usize = 6;

/// What is shown in place of a secret.
const HIDDEN: &str = "***";

/// The values of the user's own headers.
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    pub(crate) fn of(headers: &Headers) -> Self {
        let values = headers
            .as_map()
            .values()
            .filter_map(|value| value.to_str().ok());
        // `Bearer abc` is one, and so is `abc`.
        let mut secrets: Vec<String> = values
            .flat_map(|value| [Some(value), value.rsplit(' ').next()])
            .flatten()
            .map(str::trim)
            .filter(|secret| secret.len() >= SHORTEST)
            .map(str::to_owned)
            .collect();
        // The longer ones first: a part must not spoil the whole.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        Self(secrets)
    }

    /// Hides secrets in what the receiver said, and caps it.
    pub(crate) fn hidden_in(&self, mut result: AttemptResult) -> AttemptResult {
        match &mut result {
            Ok(Accepted {
                partial_success: Some(partial),
            }) => self.hide(&mut partial.message),
            Err(AttemptError::Grpc(status)) => self.hide(&mut status.message),
            Err(AttemptError::Http(answer)) => self.hide(&mut answer.message),
            Ok(_)
            | Err(
                AttemptError::Connection(_) | AttemptError::TimedOut(_) | AttemptError::Answer(_),
            ) => {}
        }
        result
    }

    fn hide(&self, message: &mut String) {
        for secret in &self.0 {
            if message.contains(secret) {
                *message = message.replace(secret, HIDDEN);
            }
        }
        if let Some((end, _)) = message.char_indices().nth(MESSAGE_CHARS) {
            message.truncate(end);
            message.push('…');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_tokens_are_hidden_and_long_messages_are_cut() {
        let mut headers = Headers::new();
        for (name, value) in [("authorization", "Bearer abcdefgh"), ("tenant", "me")] {
            headers.set(name, value).expect("a header");
        }
        let secrets = Secrets::of(&headers);
        let hidden = |text: &str| {
            let mut text = text.to_owned();
            secrets.hide(&mut text);
            text
        };
        assert_eq!(hidden("no Bearer abcdefgh here"), "no *** here");
        assert_eq!(hidden("token abcdefgh of me"), "token *** of me");
        assert_eq!(hidden(&"é".repeat(2_000)).chars().count(), 1_025);
    }
}

//! A program that somebody else starts.

use std::{fmt::Write as _, io::Write as _, time::Duration};

use otelbox_mock_collector::MockCollector;
use tokio::time::sleep;

use super::super::{recording::RunEnd, request::SutEnvironment};
use crate::plan::Cell;

/// How often it is looked whether somebody has come.
const LOOK: Duration = Duration::from_millis(10);

/// Tells the environment of the program, and waits for its first connection. The story begins then.
pub(super) async fn wait_for_somebody(
    cell: &Cell,
    collector: &MockCollector,
    variables: &SutEnvironment,
) -> Result<(), RunEnd> {
    if cell.receiver.down_at_start {
        let reason = "nobody is seen who starts while the receiver is down: such a program cannot be waited for";
        return Err(RunEnd::NotApplicable(reason.to_owned()));
    }
    let mut text = format!("{}: start your program with this environment\n", cell.id);
    for (name, value) in variables {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "export {name}={}", quoted(value));
    }
    text.push_str("Waiting for its first connection; Ctrl-C gives up.\n");
    tell(&text);
    while collector.journal().connection_count() == 0 {
        sleep(LOOK).await;
    }
    tell("It is there: the story begins.\n");
    Ok(())
}

/// To standard error. Where there is nobody who reads it, there is nobody to tell.
fn tell(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// A word that every POSIX shell reads as it was.
fn quoted(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:,=@%+".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn values_are_words_of_the_shell() {
        assert_eq!(quoted("http://127.0.0.1:4317"), "http://127.0.0.1:4317");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(quoted(""), "''");
    }
}

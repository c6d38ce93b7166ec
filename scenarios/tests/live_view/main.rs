//! The view of `otelbox serve` in a real pseudo-terminal, read by a terminal emulator.
#![cfg(unix)]

mod served;

use std::fs;

use served::{Served, export};
use vt100::Color;

#[test]
fn an_attempt_is_seen_and_a_key_switches_a_fault_on_and_off() {
    let served = Served::start(&[], &[]);
    served.until("an empty list", |screen| {
        screen.alternate_screen()
            && screen.hide_cursor()
            && screen.contents().contains("nothing has come yet")
    });
    assert_eq!(export(served.http(), "one"), 200);
    served.until("the attempt", |screen| row(screen, "1.1", "200").is_some());
    served.until("its place in the ledger", |screen| {
        row(
            screen,
            "logs ",
            "         1         1          1          1         0         0",
        )
        .is_some()
    });

    served.press(b"u");
    served.until("the switch", |screen| {
        screen.contents().contains("[u unavailable]")
    });
    assert_eq!(export(served.http(), "two"), 503);
    served.until("the fault", |screen| {
        row(screen, "2.1", "503 [unavailable]").is_some()
            && row(screen, "1x unavailable", "status").is_some()
    });

    served.press(b"u");
    served.until("no switch", |screen| {
        screen.contents().contains(" u unavailable ")
            && screen.contents().contains("none: every export is accepted")
    });
    assert_eq!(export(served.http(), "two"), 200);
    served.until("the retry", |screen| row(screen, "2.2", "200").is_some());

    let ended = served.press_to_end(b"q");
    assert_eq!(ended.code, Some(0));
    ended.assert_restored();
    let text = ended.screen.contents();
    assert!(
        text.contains("ledger      exports  attempts  offered  accepted"),
        "{text}"
    );
    assert!(
        text.contains("logs              2         3        2         2"),
        "{text}"
    );
}

#[test]
fn an_attempt_is_read_in_full() {
    let served = Served::start(&[], &[]);
    assert_eq!(export(served.http(), "what was said"), 200);
    served.until("the attempt", |screen| row(screen, "1.1", "200").is_some());
    served.press(b"\r");
    served.until("its request", |screen| {
        let text = screen.contents();
        text.contains("logs export 1 attempt 1") && text.contains("POST /v1/logs HTTP/1.1")
    });
    served.press(b"\x1b[F");
    served.until("its payload", |screen| {
        screen
            .contents()
            .contains(r#""stringValue": "what was said""#)
    });
    served.press(b"\x1b");
    served.until("the list", |screen| row(screen, "1.1", "200").is_some());
    served.press(b"?");
    served.until("the help", |screen| {
        screen.contents().contains("take it, lose the answer")
    });
    assert_eq!(served.press_to_end(b"q").code, Some(0));
}

#[test]
fn the_view_follows_the_size_of_its_terminal() {
    let served = Served::start(&[], &[]);
    served.until("the table", |screen| {
        screen.contents().contains("ledger      exports")
    });
    served.resize(10, 40);
    served.until("the small view", |screen| {
        let text = screen.contents();
        text.contains("nothing was exported") && text.contains("q quit") && !text.contains("ledger")
    });
    served.resize(2, 5);
    assert_eq!(export(served.http(), "one"), 200);
    served.resize(40, 120);
    served.until("the large view", |screen| {
        screen.contents().contains("took") && row(screen, "1.1", "200").is_some()
    });
    assert_eq!(served.press_to_end(b"q").code, Some(0));
}

/// Ends the process in some way.
type End = fn(Served) -> served::Ended;

#[test]
fn however_it_ends_the_terminal_is_as_it_was_and_the_ledger_is_printed() {
    let ends: [(&str, End, i32); 4] = [
        ("q", |served| served.press_to_end(b"q"), 0),
        ("Ctrl-C", |served| served.press_to_end(b"\x03"), 130),
        (
            "SIGTERM",
            |served| served.signal_to_end(rustix::process::Signal::TERM),
            130,
        ),
        (
            "SIGINT",
            |served| served.signal_to_end(rustix::process::Signal::INT),
            130,
        ),
    ];
    for (how, end, code) in ends {
        let served = Served::start(&[], &[]);
        served.until("the view", |screen| {
            screen.contents().contains("nothing has come yet")
        });
        let ended = end(served);
        assert_eq!(ended.code, Some(code), "{how}");
        ended.assert_restored();
        let text = ended.screen.contents();
        assert!(text.contains("Nothing was exported."), "{how}: {text}");
        assert!(!text.contains("quit"), "{how}: {text}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_journal_that_cannot_be_written_is_told_when_the_terminal_is_given_back() {
    // A disk that is full.
    let served = Served::start(&["--journal", "/dev/full"], &[]);
    served.until("the view", |screen| {
        screen.contents().contains("nothing has come yet")
    });
    assert_eq!(export(served.http(), "one"), 200);
    served.until("an attempt", |screen| row(screen, "logs", "json").is_some());
    let ended = served.signal_to_end(rustix::process::Signal::TERM);
    assert_eq!(ended.code, Some(4));
    ended.assert_restored();
    let text = ended.screen.contents();
    assert!(text.contains("lines are lost"), "{text}");
}

#[test]
fn lines_are_printed_where_they_are_asked_for() {
    for (arguments, environment) in [
        (&["--plain"][..], &[][..]),
        (&[], &[("TERM", "dumb")]),
        (&[], &[("TERM", "")]),
    ] {
        let served = Served::start(arguments, environment);
        served.until("readiness", |screen| {
            screen.contents().contains("Everything is ready")
        });
        assert_eq!(export(served.http(), "one"), 200);
        served.until("a line", |screen| {
            row(screen, "logs export 1 attempt 1", "http/json").is_some()
        });
        let ended = served.signal_to_end(rustix::process::Signal::TERM);
        assert_eq!(ended.code, Some(130));
        assert!(!ended.took_the_terminal, "{arguments:?} {environment:?}");
        ended.assert_restored();
    }
}

#[test]
fn the_journal_file_is_written_beside_the_view() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("journal.jsonl");
    let served = Served::start(&["--journal", path.to_str().expect("text")], &[]);
    export(served.http(), "one");
    served.until("the attempt", |screen| row(screen, "1.1", "200").is_some());
    assert_eq!(served.press_to_end(b"q").code, Some(0));
    let journal = fs::read_to_string(&path).expect("a journal");
    let exchanges = journal
        .lines()
        .filter(|line| line.contains(r#""kind":"exchange""#));
    assert_eq!(exchanges.count(), 1, "{journal}");
}

#[test]
fn colours_are_left_out_where_nobody_wants_them() {
    for (environment, is_coloured) in [
        (&[][..], true),
        (&[("NO_COLOR", "1")], false),
        (&[("CLICOLOR", "0")], false),
    ] {
        let served = Served::start(&[], environment);
        export(served.http(), "one");
        served.until("the attempt", |screen| row(screen, "1.1", "200").is_some());
        served.until("the colours that are wanted", |screen| {
            let (rows, columns) = screen.size();
            let mut cells =
                (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column)));
            let has_colour = cells.any(|(row, column)| {
                screen
                    .cell(row, column)
                    .is_some_and(|cell| cell.fgcolor() != Color::Default)
            });
            has_colour == is_coloured
        });
        assert_eq!(served.press_to_end(b"q").code, Some(0));
    }
}

/// The row of the screen that has both texts.
fn row(screen: &vt100::Screen, one: &str, other: &str) -> Option<String> {
    let (_, columns) = screen.size();
    let mut rows = screen.rows(0, columns.get());
    rows.find(|row| row.contains(one) && row.contains(other))
}

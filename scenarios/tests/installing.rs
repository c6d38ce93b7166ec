//! Installations of systems under test: whole or not there at all.
#![cfg(unix)]

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Command;

use otelbox::registry::{
    Cache, InstallError, Installation, InstallationError, Installed, SutEntry, install,
};

/// An entry with the files of the stock Rust driver, installed by these shell scripts, one after another.
fn entry(scripts: &[&str]) -> SutEntry {
    let mut entry: SutEntry = serde_saphyr::from_str(
        "{ name: opentelemetry-rust, about: x, language: rust, pins: [sut.yaml], run: ['{home}/program'] }",
    )
    .expect("an entry");
    entry.install = scripts
        .iter()
        .map(|script| {
            ["sh", "-c", script, "sh", "{home}"]
                .map(str::to_owned)
                .to_vec()
        })
        .collect();
    entry
}

async fn installed(entry: &SutEntry, cache: &Cache) -> Result<Installed, InstallError> {
    let never = std::future::pending();
    install(entry, cache, Path::new("otelbox"), &mut |_| {}, never).await
}

#[tokio::test]
async fn what_was_installed_is_kept_until_a_command_or_a_variable_changes() {
    let folder = tempfile::tempdir().expect("a directory");
    let cache = Cache::at(folder.path());
    let mut entry = entry(&["test -f sut.yaml && echo made >> \"$1/program\""]);
    assert_eq!(
        installed(&entry, &cache).await.expect("made"),
        Installed::Made
    );
    assert_eq!(
        installed(&entry, &cache).await.expect("kept"),
        Installed::Kept
    );

    entry.env.insert("LEVEL".to_owned(), "2".to_owned());
    let stale = Installation::of(&entry, &cache).open();
    assert!(
        matches!(stale, Err(InstallationError::Outdated { .. })),
        "{stale:?}"
    );
    assert_eq!(
        installed(&entry, &cache).await.expect("made"),
        Installed::Made
    );
    let program = cache.home("opentelemetry-rust").join("program");
    assert_eq!(
        fs::read_to_string(program).expect("a file"),
        "made\n",
        "it was made from nothing"
    );
}

#[tokio::test]
async fn nothing_is_left_of_an_installation_that_failed_and_its_last_words_are_told() {
    let folder = tempfile::tempdir().expect("a directory");
    let cache = Cache::at(folder.path());
    let entry = entry(&["echo half > \"$1/program\"", "echo no network >&2; exit 7"]);
    let error = installed(&entry, &cache).await.expect_err("a failure");
    let InstallError::Failed(failed) = &error else {
        panic!("{error}");
    };
    assert_eq!(failed.output, ["no network"]);
    assert!(failed.status.contains('7'), "{failed}");
    assert!(!cache.home("opentelemetry-rust").exists());
    let missing = Installation::of(&entry, &cache).open();
    assert!(
        matches!(missing, Err(InstallationError::Missing { .. })),
        "{missing:?}"
    );
}

#[tokio::test]
async fn an_installation_that_is_stopped_ends_with_all_that_it_started() {
    let folder = tempfile::tempdir().expect("a directory");
    let cache = Cache::at(folder.path());
    // What the command starts holds this pipe open for as long as it lives.
    let pipe = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    let script = format!("(echo begun; exec sleep 600) > '{}' & wait", pipe.display());
    let entry = entry(&[&script]);
    let (begun, stop) = tokio::sync::oneshot::channel();
    let listener = std::thread::spawn(move || {
        let mut pipe = BufReader::new(File::open(pipe).expect("the pipe"));
        let mut line = String::new();
        pipe.read_line(&mut line).expect("a line");
        begun.send(line).expect("somebody waits");
        pipe.read_line(&mut String::new()).expect("the end")
    });
    let stop = async { assert_eq!(stop.await.as_deref(), Ok("begun\n")) };
    let error = install(&entry, &cache, Path::new("otelbox"), &mut |_| {}, stop)
        .await
        .expect_err("it was stopped");
    assert!(matches!(error, InstallError::Stopped), "{error}");
    assert!(!cache.home("opentelemetry-rust").exists());
    assert_eq!(listener.join().expect("it ended"), 0);
}

#[tokio::test]
async fn a_missing_program_is_named_with_how_to_get_it_before_anything_is_done() {
    let folder = tempfile::tempdir().expect("a directory");
    let cache = Cache::at(folder.path());
    let mut entry = entry(&["true"]);
    entry.needs = vec![
        serde_saphyr::from_str("{ program: no-such-program, version: '2', get: ask around }")
            .expect("a need"),
    ];
    let error = installed(&entry, &cache).await.expect_err("a need");
    assert_eq!(
        error.to_string(),
        "opentelemetry-rust needs no-such-program 2 (not found); ask around"
    );
}

#[tokio::test]
async fn nobody_changes_what_is_in_use_and_nobody_uses_what_is_changed() {
    let folder = tempfile::tempdir().expect("a directory");
    let cache = Cache::at(folder.path());
    let first = entry(&["true"]);
    installed(&first, &cache).await.expect("made");
    let in_use = Installation::of(&first, &cache).open().expect("whole");

    let other = entry(&["true", "true"]);
    let error = installed(&other, &cache).await.expect_err("in use");
    assert!(
        matches!(
            error,
            InstallError::Installation(InstallationError::Busy { .. })
        ),
        "{error}"
    );
    assert!(Installation::of(&first, &cache).open().is_ok());
    drop(in_use);
    assert_eq!(
        installed(&other, &cache).await.expect("made"),
        Installed::Made
    );
}

#[tokio::test]
async fn files_of_the_driver_that_were_changed_are_put_right_before_it_is_used() {
    let folder = tempfile::tempdir().expect("a directory");
    let cache = Cache::at(folder.path());
    let entry = entry(&["true"]);
    installed(&entry, &cache).await.expect("made");
    let installation = Installation::of(&entry, &cache);
    let file = installation.driver().join("known-failures.yaml");
    let before = fs::read(&file).expect("a file of the driver");
    fs::write(&file, "changed").expect("a file");
    let _in_use = installation.open().expect("whole");
    assert_eq!(fs::read(&file).expect("a file of the driver"), before);
}

//! Each file of the corpora of the fuzz targets goes through the function that the fuzzer feeds.
//!
//! `fuzz/` is no part of the workspace (a fuzzer needs more than the stable tool chain), so its sources are compiled here once
//! more: what a fuzzer has found stays found, under plain `cargo test`.

use std::fs;
use std::panic;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

#[path = "../../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "there it is a library")]
mod targets;

/// Panics of this process, those included that a task has swallowed.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// What any bytes are given to.
type Target = fn(&[u8]);

#[test]
fn every_file_of_every_corpus_keeps_what_is_promised() {
    let told = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let mut panics = PANICS.lock().expect("nobody panics with it");
        panics.push(panic.to_string());
        drop(panics);
        told(panic);
    }));
    let targets: [(&str, Target); 8] = [
        ("connections", targets::connections),
        ("control_requests", targets::control_requests),
        ("driver_lines", targets::driver_lines),
        ("faults", targets::faults),
        ("grpc_calls", targets::grpc_calls),
        ("payloads", targets::payloads),
        ("recordings", targets::recordings),
        ("scenario_files", targets::scenario_files),
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let names: Vec<String> = files(&root).iter().map(|path| name(path)).collect();
    assert_eq!(names, targets.map(|(name, _)| name), "each has a target");
    for (target, run) in targets {
        let corpus = files(&root.join(target));
        assert!(corpus.len() >= 10, "{target}: {} files", corpus.len());
        for path in corpus {
            let bytes = fs::read(&path).expect("it can be read");
            // What a task of the receiver panics with does not come out here.
            let result = panic::catch_unwind(|| run(&bytes));
            let panics = std::mem::take(&mut *PANICS.lock().expect("nobody panics with it"));
            assert!(
                result.is_ok() && panics.is_empty(),
                "{}: {panics:#?}",
                path.display()
            );
        }
    }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("there is a corpus");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("it can be listed").path())
        .collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    let name = path.file_name().expect("a name");
    name.to_string_lossy().into_owned()
}

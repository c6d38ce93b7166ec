//! Faults, as people and programs write them.

use otelbox::scenario::{SourceFile, from_yaml};
use otelbox_mock_collector::Fault;

/// Faults in YAML and in JSON: what was read, written and read again is the same.
///
/// # Panics
///
/// Where it is not, or where a fault that was read cannot be meant.
pub fn faults(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(faults) = from_yaml::<Vec<Fault>>(&SourceFile::new("faults.yaml", text)) {
        written_and_read(&faults);
    }
    if let Ok(faults) = serde_json::from_str::<Vec<Fault>>(text) {
        written_and_read(&faults);
    }
}

fn written_and_read(faults: &[Fault]) {
    for fault in faults {
        fault.validate().expect("what was read can be meant");
    }
    let json = serde_json::to_string(faults).expect("faults are JSON");
    let read: Vec<Fault> =
        serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
    assert_eq!(read, faults, "{json}");
    // JSON is YAML, too.
    let file = SourceFile::new("faults.json", json.as_str());
    let read: Vec<Fault> = from_yaml(&file).unwrap_or_else(|error| panic!("{error}: {json}"));
    assert_eq!(read, faults, "{json}");
    let yaml = serde_saphyr::to_string(&faults).expect("faults are YAML");
    let file = SourceFile::new("faults.yaml", yaml.as_str());
    let read: Vec<Fault> = from_yaml(&file).unwrap_or_else(|error| panic!("{error}: {yaml}"));
    assert_eq!(read, faults, "{yaml}");
}

//! The systems under test that are built in, as `list` and `explain` show them.

use serde::Serialize;

/// One system under test.
#[derive(Debug, Serialize)]
pub(super) struct BuiltInSut {
    /// Its name.
    pub(super) name: &'static str,
    /// What it is and how it is run.
    pub(super) about: &'static str,
}

/// All of them, the default first.
pub(super) const SUTS: [BuiltInSut; 2] = [
    BuiltInSut {
        name: "otelbox-sdk",
        about: "The reference SDK of this repository. In this process, in virtual time: no network, no waiting.",
    },
    BuiltInSut {
        name: "opentelemetry-rust",
        about: "The stock opentelemetry 0.33 stack: opentelemetry_sdk and opentelemetry-otlp. In a process of its own, \
                over sockets, in real time.",
    },
];

//! mock-collector

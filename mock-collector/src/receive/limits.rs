//! How much of a request is read, and of a compressed one made.

/// The largest request, on the wire and after decompression: 64 MiB.
///
/// Spec: OTLP 1.11.0, "OTLP/gRPC Request" and "OTLP/HTTP Request" name no number; 64 MiB is what this project promises.
pub(crate) const DEFAULT_REQUEST_BYTES: usize = 64 * 1024 * 1024;

/// The largest buffer that is reserved because a client announced that it would send so much.
///
/// More is reserved as it arrives, so that an announcement alone takes no memory.
pub(crate) const RESERVED_BYTES: usize = 1024 * 1024;

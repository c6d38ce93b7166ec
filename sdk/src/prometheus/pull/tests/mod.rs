//! The reader, over streams in memory and in virtual time.

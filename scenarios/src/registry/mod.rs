//! The systems under test that have a name: what they are, what they need, how they are installed and started.
//!
//! Each is a folder `drivers/<sut>/` with a file `sut.yaml` ([`SutEntry`]) and the files of its driver, all of them
//! embedded in the binary. What has to be installed goes into a cache ([`Cache`]), where it is stamped with a digest of
//! what it was made from ([`Installation`]). Real servers, in `servers/<server>/`, are installed in the same way.

mod cache;
mod entry;
mod install;
mod installation;
mod lock;
mod need;
mod placeholder;
mod standing;
mod version;

pub use cache::{Cache, CacheError};
pub(crate) use entry::file;
pub use entry::{Registry, RegistryError, SutEntry, SutKind, UnknownSut};
pub use install::{Failed, InstallError, Installed, Progress, install};
pub use installation::{InUse, Installation, InstallationError};
pub use need::{FoundNeed, Need};
pub use placeholder::Places;
pub use standing::{CheckedNeed, Standing};
pub use version::{VersionRange, VersionRangeError, lenient_version};

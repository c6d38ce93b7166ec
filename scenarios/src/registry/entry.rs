//! `sut.yaml` and `server.yaml`, and all of them together.

use std::sync::LazyLock;

use include_dir::{Dir, DirEntry, File, include_dir};
use indexmap::IndexMap;
use otelbox_mock_collector::Protocol;
use serde::{Deserialize, Serialize};

use super::need::Need;
use super::placeholder::Places;
use super::version::VersionRange;
use crate::rules::SpecificationVersion;
use crate::scenario::nearest;
use crate::sut::ProcessCommand;

static DRIVERS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/drivers");
static SERVERS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/servers");

/// What a named system under test is, and how it is reached: the file `drivers/<sut>/sut.yaml`. Or what a real server is that
/// exporters can be tried on: the file `servers/<server>/server.yaml`, with the same keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SutEntry {
    /// Its name, which is that of its folder: `opentelemetry-python`.
    pub name: String,
    /// What it is, in one line.
    pub about: String,
    /// Its language, in lower case.
    pub language: String,
    /// Whether it speaks the driver protocol. Default: it does.
    #[serde(default, skip_serializing_if = "SutKind::is_driver")]
    pub kind: SutKind,
    /// Programs that have to be there before it can be installed or started. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
    /// Variables of its installation and of its process. Values may have placeholders. Default: none.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub env: IndexMap<String, String>,
    /// The commands that install it, one after another, each a program and its arguments ([`super::Places`]), in the
    /// folder of the driver. Default: none; then there is nothing to install.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub install: Vec<Vec<String>>,
    /// Files of its folder (`*` and `?` match anything) that the installation is made from: where one of them changes,
    /// it is made again. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pins: Vec<String>,
    /// The command that starts it: a program and its arguments, with placeholders. Those of a program may also have
    /// `{signal}` and `{authority}`, host and port of the receiver.
    pub run: Vec<String>,
    /// How many results a run of the whole catalogue has at least that are neither *not applicable* nor *not run*. A run
    /// with fewer fails: the driver has lost something that it could do. Default: 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub minimum_checks: u64,
    /// More arguments of a program, for each protocol that it speaks. Default: it takes its protocol from its environment.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub arguments: IndexMap<Protocol, Vec<String>>,
    /// Which version of the specification a release keeps to, by ranges of its version, the first that matches. Where
    /// none matches, no rule counts as younger than the release.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub specification: IndexMap<VersionRange, SpecificationVersion>,
}

/// How a system under test is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SutKind {
    /// It speaks the driver protocol on standard input and output.
    #[default]
    Driver,
    /// It is a program like any other, set up by `OTEL_*` variables and its arguments.
    Program,
    /// It is none: it is a real server, which receives telemetry. Nothing is run against it by this program.
    Server,
}

impl SutKind {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature that serde asks for"
    )]
    fn is_driver(&self) -> bool {
        *self == Self::Driver
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A `sut.yaml` or `server.yaml` that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {reason}")]
#[non_exhaustive]
pub struct RegistryError {
    /// The file, from the folder of this crate.
    pub file: String,
    /// What is wrong.
    pub reason: String,
}

/// A name that is no system under test.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown system under test `{name}`")]
#[non_exhaustive]
pub struct UnknownSut {
    /// What was given.
    pub name: String,
    /// A name that it looks like.
    pub nearest: Option<String>,
}

/// All systems under test that have a name, the default first, then those of this binary, then by name; and the real servers,
/// by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry {
    entries: Vec<SutEntry>,
    servers: Vec<SutEntry>,
}

impl Registry {
    /// Those that are embedded in the binary.
    ///
    /// # Errors
    ///
    /// [`RegistryError`] where a file was wrong when the binary was built.
    pub fn embedded() -> Result<&'static Self, RegistryError> {
        static REGISTRY: LazyLock<Result<Registry, RegistryError>> = LazyLock::new(Registry::read);
        REGISTRY.as_ref().map_err(Clone::clone)
    }

    fn read() -> Result<Self, RegistryError> {
        let mut entries = read(&DRIVERS, "drivers", "sut.yaml")?;
        entries.sort_by_key(|entry| {
            let (is_default, is_linked_in) = (entry.name == DEFAULT_SUT, entry.is_linked_in());
            (!is_default, !is_linked_in, entry.name.clone())
        });
        let mut servers = read(&SERVERS, "servers", "server.yaml")?;
        servers.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Self { entries, servers })
    }

    /// All systems under test.
    pub fn entries(&self) -> &[SutEntry] {
        &self.entries
    }

    /// All real servers.
    pub fn servers(&self) -> &[SutEntry] {
        &self.servers
    }

    /// The names of the systems under test.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }

    /// The system under test of this name.
    ///
    /// # Errors
    ///
    /// [`UnknownSut`] with the name that it looks like.
    pub fn entry(&self, name: &str) -> Result<&SutEntry, UnknownSut> {
        find(name, self.entries.iter())
    }

    /// The system under test or real server of this name.
    ///
    /// # Errors
    ///
    /// [`UnknownSut`] with the name that it looks like.
    pub fn installable(&self, name: &str) -> Result<&SutEntry, UnknownSut> {
        find(name, self.entries.iter().chain(&self.servers))
    }
}

fn find<'a>(
    name: &str,
    mut entries: impl Iterator<Item = &'a SutEntry> + Clone,
) -> Result<&'a SutEntry, UnknownSut> {
    let names = entries.clone().map(|entry| entry.name.as_str());
    entries
        .find(|entry| entry.name == name)
        .ok_or_else(|| UnknownSut {
            name: name.to_owned(),
            nearest: nearest(name, names).map(str::to_owned),
        })
}

/// The entries of all folders of `data` that have this `file`.
fn read(
    data: &'static Dir<'static>,
    folder: &str,
    file: &str,
) -> Result<Vec<SutEntry>, RegistryError> {
    let mut entries = Vec::new();
    for each in data.dirs() {
        let name = each.path().to_string_lossy().into_owned();
        let failed = |reason: String| RegistryError {
            file: format!("{folder}/{name}/{file}"),
            reason,
        };
        let Some(file) = each.get_file(each.path().join(file)) else {
            continue;
        };
        let text = file
            .contents_utf8()
            .ok_or_else(|| failed("not UTF-8".to_owned()))?;
        let entry: SutEntry =
            serde_saphyr::from_str(text).map_err(|error| failed(error.to_string()))?;
        if entry.name != name {
            return Err(failed(format!("it is about {}", entry.name)));
        }
        if let Some(empty) = entry.empty_command() {
            return Err(failed(format!("`{empty}` has a command without a program")));
        }
        entries.push(entry);
    }
    Ok(entries)
}

/// The system under test that is run where none is named.
const DEFAULT_SUT: &str = "otelbox-sdk";

impl SutEntry {
    /// Whether all of it is a part of this binary. A driver of this binary may put something under control that is not,
    /// and is installed.
    pub fn is_linked_in(&self) -> bool {
        self.install.is_empty()
            && self
                .run
                .first()
                .is_some_and(|program| program == "{otelbox}")
    }

    /// Whether it needs files in the cache: those of its driver, or what its installation makes.
    pub fn is_installed(&self) -> bool {
        !self.is_linked_in()
    }

    /// The version of the specification that this release keeps to, as far as that is written down.
    pub fn specification_of(&self, version: &str) -> Option<SpecificationVersion> {
        self.specification
            .iter()
            .find(|(range, _)| range.contains(version))
            .map(|(_, specification)| *specification)
    }

    /// How its process is started.
    pub fn command(&self, places: &Places<'_>) -> ProcessCommand {
        let mut words = self.run.iter().map(|word| places.fill(word));
        let program = words.next().unwrap_or_default();
        let mut command = ProcessCommand::new(program, words);
        command.env = self
            .env
            .iter()
            .map(|(name, value)| {
                (
                    name.clone(),
                    places.fill(value).to_string_lossy().into_owned(),
                )
            })
            .collect();
        command
    }

    /// The files of its folder, by their paths in it, in order.
    pub(super) fn files(&self) -> Vec<(String, &'static [u8])> {
        let mut files = Vec::new();
        let data = match self.kind {
            SutKind::Driver | SutKind::Program => &DRIVERS,
            SutKind::Server => &SERVERS,
        };
        if let Some(folder) = data.get_dir(&self.name) {
            collect(folder, &mut files);
        }
        let mut files: Vec<_> = files
            .into_iter()
            .filter_map(|file| {
                let path = file.path().strip_prefix(&self.name).ok()?;
                let path = path.to_string_lossy().replace('\\', "/");
                Some((path, file.contents()))
            })
            .collect();
        files.sort_unstable();
        files
    }

    /// The key whose commands are not all commands.
    fn empty_command(&self) -> Option<&'static str> {
        if self.run.is_empty() {
            return Some("run");
        }
        self.install.iter().any(Vec::is_empty).then_some("install")
    }
}

/// A file of the folder of a system under test.
pub(crate) fn file(sut: &str, name: &str) -> Option<&'static [u8]> {
    DRIVERS
        .get_file(format!("{sut}/{name}"))
        .map(File::contents)
}

fn collect(folder: &'static Dir<'static>, files: &mut Vec<&'static File<'static>>) {
    for entry in folder.entries() {
        match entry {
            DirEntry::Dir(folder) => collect(folder, files),
            DirEntry::File(file) => files.push(file),
        }
    }
}

#[cfg(test)]
mod tests {
    use globset::Glob;

    use super::*;

    #[test]
    fn every_folder_of_a_driver_has_an_entry_whose_pins_and_placeholders_are_there() {
        let registry = Registry::embedded().expect("readable entries");
        assert_eq!(
            registry.entries().len(),
            DRIVERS.dirs().count(),
            "folders without a sut.yaml"
        );
        assert_eq!(
            registry.servers().len(),
            SERVERS.dirs().count(),
            "folders without a server.yaml"
        );
        for server in registry.servers() {
            assert_eq!(server.kind, SutKind::Server, "{}", server.name);
        }
        for entry in registry.entries().iter().chain(registry.servers()) {
            let files = entry.files();
            for pin in &entry.pins {
                let glob = Glob::new(pin).expect("a pattern").compile_matcher();
                assert!(
                    files.iter().any(|(path, _)| glob.is_match(path)),
                    "{}: no file is called {pin}",
                    entry.name
                );
            }
            assert_eq!(
                entry.install.is_empty(),
                entry.pins.is_empty(),
                "{}: what is installed is pinned",
                entry.name
            );
            for word in entry.install.iter().flatten().chain(&entry.run) {
                let of_programs = ["{signal}".to_owned(), "{authority}".to_owned()];
                let known = Places::NAMES.map(|name| format!("{{{name}}}"));
                let left = known
                    .iter()
                    .chain(&of_programs)
                    .fold(word.clone(), |word, name| word.replace(name, ""));
                assert!(!left.contains('{'), "{}: {word}", entry.name);
            }
        }
    }

    #[test]
    fn a_server_can_be_installed_and_is_no_system_under_test() {
        let registry = Registry::embedded().expect("readable entries");
        assert!(registry.installable("zipkin").is_ok());
        assert!(registry.installable("otelbox-sdk").is_ok());
        assert!(registry.entry("zipkin").is_err());
    }

    #[test]
    fn an_unknown_name_is_an_error_with_the_nearest() {
        let registry = Registry::embedded().expect("readable entries");
        let error = registry.entry("otelbox-sdl").expect_err("a typo");
        assert_eq!(error.nearest.as_deref(), Some("otelbox-sdk"));
    }

    #[test]
    fn a_release_keeps_to_the_first_specification_whose_range_has_it() {
        let entry: SutEntry = serde_saphyr::from_str(
            "{ name: x, about: x, language: x, run: [x], specification: { '>=1.40, <1.45': 1.50.0, '>=1.45': 1.52.0 } }",
        )
        .expect("an entry");
        let specification = |text: &str| Some(text.parse().expect("a version"));
        assert_eq!(entry.specification_of("1.44.2"), specification("1.50.0"));
        assert_eq!(entry.specification_of("2.0.0"), specification("1.52.0"));
        assert_eq!(entry.specification_of("1.39.0"), None);
    }
}

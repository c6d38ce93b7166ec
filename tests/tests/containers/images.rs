//! The images that the tests run, made of what is on this machine, or named by whoever runs the tests.

use std::env;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use otelbox_tests::{cached, demo_service_binary, otelbox_binary};
use tempfile::TempDir;

use crate::engine::{LABEL, docker, repository, run};

/// An image that a test needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Image {
    /// Those of the Dockerfile of this repository.
    Own,
    Collector,
    Jaeger,
    Prometheus,
}

/// All that docker-compose.yml runs.
pub(crate) const ALL: &[Image] = &[
    Image::Own,
    Image::Collector,
    Image::Jaeger,
    Image::Prometheus,
];

/// The names of images that are there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Images {
    pub(crate) otelbox: String,
    pub(crate) demo_service: String,
    pub(crate) collector: String,
    pub(crate) jaeger: String,
    pub(crate) prometheus: String,
}

/// What is there of an image: its name, or why it cannot be made.
type Made = OnceLock<Result<String, String>>;

impl Images {
    /// These images. Each is made once for each run of the tests.
    pub(crate) fn made(needs: &[Image]) -> Result<Self, String> {
        static OWN: Made = Made::new();
        static COLLECTOR: Made = Made::new();
        static JAEGER: Made = Made::new();
        static PROMETHEUS: Made = Made::new();

        let mut images = Self::default();
        for need in needs {
            match need {
                Image::Own => {
                    let prefix = OWN.get_or_init(own).clone()?;
                    images.otelbox = format!("{prefix}otelbox");
                    images.demo_service = format!("{prefix}demo-service");
                }
                Image::Collector => images.collector = COLLECTOR.get_or_init(collector).clone()?,
                Image::Jaeger => images.jaeger = JAEGER.get_or_init(jaeger).clone()?,
                Image::Prometheus => {
                    images.prometheus = PROMETHEUS.get_or_init(prometheus).clone()?;
                }
            }
        }
        Ok(images)
    }

    /// What tells another process to take these images.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let prefix = self.otelbox.strip_suffix("otelbox").unwrap_or_default();
        let variables = [
            (OWN_VARIABLE, prefix),
            (COLLECTOR_VARIABLE, &self.collector),
            (JAEGER_VARIABLE, &self.jaeger),
            (PROMETHEUS_VARIABLE, &self.prometheus),
        ];
        variables.into_iter().filter(|(_, image)| !image.is_empty())
    }
}

/// What begins the names of the images `otelbox` and `demo-service` that are to be taken, in place of those of this tree.
const OWN_VARIABLE: &str = "OTELBOX_IMAGE_PREFIX";

const COLLECTOR_VARIABLE: &str = "OTELBOX_COLLECTOR_IMAGE";
const JAEGER_VARIABLE: &str = "OTELBOX_JAEGER_IMAGE";
const PROMETHEUS_VARIABLE: &str = "OTELBOX_PROMETHEUS_IMAGE";

/// What begins the name of an image that is made here.
const PREFIX: &str = "otelbox-test/";

/// What whoever runs the tests has given in a variable.
pub(crate) fn given(variable: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a choice of whoever runs the tests"
    )]
    env::var(variable).ok().filter(|value| !value.is_empty())
}

/// A program that `tests/containers/prepare` puts into the cache directory.
fn program(relative: &str, part: &str, otherwise: &str) -> Result<PathBuf, String> {
    cached(relative).map_err(|missing| {
        format!("not run: {missing}; run tests/containers/prepare {part}{otherwise}")
    })
}

/// Busybox, for images that have no program of their own that a health check or a build could run.
fn busybox() -> Result<PathBuf, String> {
    program("containers/wget", "prometheus", "")
}

fn collector() -> Result<String, String> {
    if let Some(given) = given(COLLECTOR_VARIABLE) {
        return Ok(given);
    }
    let collector = program(
        "suts/otel-collector/otelcol",
        "collector",
        ", or set OTELBOX_COLLECTOR_IMAGE",
    )?;
    let root = Root::new();
    root.copy(&collector, "otelcol-contrib");
    root.image(
        "collector",
        "USER 10001:10001\nENTRYPOINT [\"/otelcol-contrib\"]\n",
    )
}

fn jaeger() -> Result<String, String> {
    if let Some(given) = given(JAEGER_VARIABLE) {
        return Ok(given);
    }
    let jaeger = program(
        "suts/jaeger/jaeger",
        "jaeger",
        ", or set OTELBOX_JAEGER_IMAGE",
    )?;
    let wget = busybox()?;
    let root = Root::new();
    root.copy(&jaeger, "go/bin/all-in-one-linux");
    root.copy(&wget, "bin/wget");
    root.image(
        "jaeger",
        "USER 10001:10001\nENTRYPOINT [\"/go/bin/all-in-one-linux\"]\n",
    )
}

fn prometheus() -> Result<String, String> {
    if let Some(given) = given(PROMETHEUS_VARIABLE) {
        return Ok(given);
    }
    let prometheus = program(
        "suts/prometheus-2/prometheus",
        "prometheus",
        ", or set OTELBOX_PROMETHEUS_IMAGE",
    )?;
    let wget = busybox()?;
    let root = Root::new();
    root.copy(&prometheus, "bin/prometheus");
    root.copy_libraries_of(&prometheus);
    root.copy(&wget, "bin/wget");
    root.directory("prometheus");
    root.image(
        "prometheus",
        "USER 65534:65534\nENTRYPOINT [\"/bin/prometheus\"]\n",
    )
}

/// Makes the images of the Dockerfile as it is, but for its two base images, which cannot be pulled here. In place of the
/// image with Rust stands one whose cargo hands out what was built before, in place of the runtime the libraries of
/// this machine. What begins the names of the images.
fn own() -> Result<String, String> {
    if let Some(given) = given(OWN_VARIABLE) {
        return Ok(given);
    }
    let programs = [
        ("otelbox", otelbox_binary()),
        ("demo-service", demo_service_binary()),
    ];
    let busybox = busybox()?;
    let (build, runtime) = (Root::new(), Root::new());
    for (name, built) in programs {
        let stripped = build.place(&format!("prebuilt/{name}"));
        run(Command::new("strip").arg("-o").arg(stripped).arg(built))?;
        runtime.copy_libraries_of(built);
    }
    build.copy(&busybox, "bin/busybox");
    for applet in ["sh", "cp", "mkdir"] {
        symlink("busybox", build.place(&format!("bin/{applet}"))).expect("linked");
    }
    let cargo = build.place("bin/cargo");
    let script = "#!/bin/sh\nset -eu\nmkdir -p target/release\ncp /prebuilt/* target/release/\n";
    fs::write(&cargo, script).expect("written");
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("changed");
    let rust_image = format!("RUST_IMAGE={}", build.image("build", "")?);
    let runtime_image = format!("RUNTIME_IMAGE={}", runtime.image("runtime", "")?);
    for target in ["demo-service", "otelbox"] {
        let tag = format!("{PREFIX}{target}");
        let label = format!("{LABEL}=image");
        let repository = repository().display().to_string();
        docker(&[
            "build",
            "--quiet",
            "--target",
            target,
            "--build-arg",
            &rust_image,
            "--build-arg",
            &runtime_image,
            "--label",
            &label,
            "--tag",
            &tag,
            &repository,
        ])?;
    }
    Ok(PREFIX.to_owned())
}

/// The file system of an image.
struct Root(TempDir);

impl Root {
    fn new() -> Self {
        let root = Self(tempfile::tempdir().expect("a directory"));
        root.directory("tmp");
        root
    }

    /// Where a path of the image is, with the directories above it.
    fn place(&self, path: &str) -> PathBuf {
        let place = self
            .0
            .path()
            .join("root")
            .join(path.trim_start_matches('/'));
        fs::create_dir_all(place.parent().expect("it is in the root")).expect("made");
        place
    }

    fn directory(&self, path: &str) {
        let place = self.place(path);
        fs::create_dir_all(&place).expect("made");
        // Whoever the user of the image is.
        fs::set_permissions(&place, fs::Permissions::from_mode(0o1777)).expect("changed");
    }

    fn copy(&self, from: &Path, to: &str) {
        let place = self.place(to);
        fs::copy(from, &place).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
        fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).expect("changed");
    }

    /// Copies what the loader of this machine loads for a program, and the loader.
    fn copy_libraries_of(&self, program: &Path) {
        let listed =
            run(Command::new("ldd").arg(program)).unwrap_or_else(|error| panic!("{error}"));
        for line in listed.lines() {
            let path = line.split_once("=>").map_or(line, |(_, path)| path).trim();
            let path = path.split(" (").next().unwrap_or_default();
            if path.starts_with('/') {
                self.copy(Path::new(path), path);
            }
        }
    }

    /// Makes an image of it; its name.
    fn image(&self, name: &str, rest: &str) -> Result<String, String> {
        let dockerfile = format!("FROM scratch\nLABEL {LABEL}=image\nCOPY root/ /\n{rest}");
        fs::write(self.0.path().join("Dockerfile"), dockerfile).expect("written");
        let tag = format!("{PREFIX}{name}");
        let context = self.0.path().display().to_string();
        docker(&["build", "--quiet", "--tag", &tag, &context])?;
        Ok(tag)
    }
}

//! `{otelbox}`, `{driver}` and `{home}` in the commands of a `sut.yaml`.

use std::ffi::OsString;
use std::path::Path;

/// What stands for the placeholders of a command.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// `{otelbox}`: this program.
    pub otelbox: &'a Path,
    /// `{driver}`: the folder with the files of the driver, unpacked.
    pub driver: &'a Path,
    /// `{home}`: the folder that the installation is made in.
    pub home: &'a Path,
}

impl Places<'_> {
    /// The names of the placeholders, without the braces.
    pub(super) const NAMES: [&'static str; 3] = ["otelbox", "driver", "home"];

    /// `word` with its placeholders replaced. Braces around anything else stay as they are.
    pub fn fill(&self, word: &str) -> OsString {
        let mut filled = OsString::new();
        let mut rest = word;
        while let Some(open) = rest.find('{') {
            let (before, from) = rest.split_at(open);
            filled.push(before);
            let replaced = Self::NAMES
                .into_iter()
                .zip([self.otelbox, self.driver, self.home])
                .find_map(|(name, place)| {
                    let after = from[1..].strip_prefix(name)?.strip_prefix('}')?;
                    Some((place, after))
                });
            if let Some((place, after)) = replaced {
                filled.push(place);
                rest = after;
            } else {
                filled.push("{");
                rest = &from[1..];
            }
        }
        filled.push(rest);
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_replaced_wherever_they_stand_and_other_braces_are_kept() {
        let places = Places {
            otelbox: Path::new("/bin/otelbox"),
            driver: Path::new("/c/driver"),
            home: Path::new("/c"),
        };
        for (word, filled) in [
            ("{home}/venv/bin/python", "/c/venv/bin/python"),
            ("--path={driver}:{home}", "--path=/c/driver:/c"),
            ("{otelbox}", "/bin/otelbox"),
            ("{other} {{home}", "{other} {/c"),
            ("{", "{"),
            ("plain", "plain"),
        ] {
            assert_eq!(places.fill(word), filled, "{word}");
        }
    }
}

//! Names of instruments, with wildcards.

use std::fmt;

/// A name in which `*` stands for any number of characters, none included, and `?` for exactly one.
///
/// All else has to be equal, case included.
///
/// Spec: Metrics SDK, "View", instrument selection criteria (`*` MUST, other wildcards MAY).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(String);

impl Pattern {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(super) fn has_wildcards(&self) -> bool {
        self.0.contains(['*', '?'])
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        let pattern: Vec<char> = self.0.chars().collect();
        let name: Vec<char> = name.chars().collect();
        let (mut p, mut n) = (0, 0);
        // Where to go on after the last star: behind it in the pattern, and one character later in the name.
        let mut retry: Option<(usize, usize)> = None;
        while n < name.len() {
            match pattern.get(p) {
                Some('*') => {
                    retry = Some((p + 1, n));
                    p += 1;
                }
                Some(&wanted) if wanted == '?' || wanted == name[n] => {
                    p += 1;
                    n += 1;
                }
                _ => {
                    let Some((after_star, taken)) = retry else {
                        return false;
                    };
                    p = after_star;
                    n = taken + 1;
                    retry = Some((after_star, n));
                }
            }
        }
        pattern[p..].iter().all(|&rest| rest == '*')
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wildcards_stand_for_what_they_say() {
        for (pattern, name, matches) in [
            ("http.server.duration", "http.server.duration", true),
            ("http.server.duration", "http.server.Duration", false),
            ("*", "anything", true),
            ("*", "", true),
            ("http.*", "http.server.duration", true),
            ("http.*.duration", "http.server.request.duration", true),
            ("http.*.duration", "http.server.count", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a*b*c", "a-b-b-c", true),
            ("**", "x", true),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(
                Pattern::new(pattern).matches(name),
                matches,
                "{pattern} {name}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_name_matches_itself_with_any_part_starred(name in "[a-z.]{0,12}", from in 0_usize..12, to in 0_usize..12) {
            let (from, to) = (from.min(to).min(name.len()), from.max(to).min(name.len()));
            let pattern = format!("{}*{}", &name[..from], &name[to..]);
            prop_assert!(Pattern::new(pattern).matches(&name));
        }
    }
}

//! The nearest of several words: what was probably meant.

/// The candidate that is most like `word`, if one is like it at all.
///
/// ```
/// use otelbox::scenario::nearest;
/// assert_eq!(nearest("stpes", ["steps", "title"]), Some("steps"));
/// assert_eq!(nearest("colour", ["steps", "title"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let mut best: Option<(Likeness, &str)> = None;
    for candidate in candidates {
        let likeness = Likeness::of(&word, &candidate.to_lowercase());
        if likeness.edits >= 0.5 && best.is_none_or(|(other, _)| likeness > other) {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// First by the edits from one to the other, then by the letters that both have, those at the start most.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
struct Likeness {
    edits: f64,
    letters: f64,
}

impl Likeness {
    fn of(one: &str, other: &str) -> Self {
        Self {
            edits: strsim::normalized_damerau_levenshtein(one, other),
            letters: strsim::jaro_winkler(one, other),
        }
    }
}

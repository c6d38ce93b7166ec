//! The nearest of several words: what was probably meant.

/// The candidate that is most like `word`, if one is like it at all.
///
/// ```
/// use otelbox::scenario::nearest;
/// assert_eq!(nearest("stpes", ["steps", "title"]), Some("steps"));
/// assert_eq!(nearest("colour", ["steps", "title"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::jaro_winkler(&lower, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(likeness, _)| *likeness >= 0.75)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}

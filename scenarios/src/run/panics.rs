//! Panics on the thread of a cell, also those that somebody catches: a runtime, or the SDK itself.

use std::{
    cell::RefCell,
    panic::{self, PanicHookInfo},
    sync::Once,
};

use super::virtual_time;

thread_local! {
    /// What has panicked on this thread since somebody listens; absent where nobody does.
    static HEARD: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

static HOOK: Once = Once::new();

/// Does `work`, and tells what panicked on this thread meanwhile. Nothing of it is printed.
pub(super) fn heard<R>(work: impl FnOnce() -> R) -> (R, Vec<String>) {
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !note(info) {
                usual(info);
            }
        }));
    });
    HEARD.set(Some(Vec::new()));
    let result = work();
    (result, HEARD.take().unwrap_or_default())
}

/// Notes a panic where somebody listens; returns whether somebody does.
fn note(info: &PanicHookInfo<'_>) -> bool {
    HEARD.with_borrow_mut(|heard| {
        let Some(heard) = heard else { return false };
        let message = virtual_time::message(info.payload());
        heard.push(match info.location() {
            // Places of dependencies begin with the directory of whoever built it.
            Some(place) => format!(
                "{message} ({}:{})",
                place.file().rsplit(['/', '\\']).next().unwrap_or_default(),
                place.line()
            ),
            None => message.to_owned(),
        });
        true
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_that_is_caught_is_heard_and_the_next_one_is_not() {
        let (caught, panics) = heard(|| panic::catch_unwind(|| panic!("on purpose")).is_err());
        assert!(caught);
        assert_eq!(panics.len(), 1);
        assert!(
            panics[0].starts_with("on purpose (panics.rs:"),
            "{panics:?}"
        );
        let ((), none) = heard(|| ());
        assert!(none.is_empty());
    }
}

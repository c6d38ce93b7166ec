//! Several actions in a row: modifiers, and one last action.

use super::{Action, InvalidFault, Phase};

/// The nesting that a list stands for: `[{ delay: 2s }, { interim: 103 }, hang]` is
/// `{ delay: { for: 2s, then: { interim: { status: 103, then: hang } } } }`.
///
/// # Errors
///
/// [`InvalidFault`] that names the place: for an empty list, an action before the end that ends the attempt, an action on a
/// connection, and a list that ends in `take`.
pub(super) fn folded(mut actions: Vec<Action>) -> Result<Action, InvalidFault> {
    let last = actions.len().wrapping_sub(1);
    for (place, action) in actions.iter_mut().enumerate() {
        let name = action.name();
        let wrong =
            |expected: &str| Err(InvalidFault::new(&format!("then[{place}]"), name, expected));
        if action.phase() == Phase::Connection {
            return wrong(
                "an action on a request; one on a connection stands alone, without a list",
            );
        }
        let is_take = matches!(action, Action::Take(_));
        if is_take && place > 0 {
            return wrong(
                "`take` in the first place: a payload is taken as soon as it has been read",
            );
        }
        let is_open = action.open_end().is_some();
        if place == last {
            if is_take && is_open {
                return wrong(
                    "an action after it: what the client is told although the payload is taken",
                );
            }
        } else if !is_open {
            return wrong(
                "before the last place `delay`, `interim`, `hold` or, in the first, `take`, each without a `then` of its own; this ends the attempt",
            );
        }
    }
    let Some(mut folded) = actions.pop() else {
        return Err(InvalidFault::new("then", "[]", "at least one action"));
    };
    while let Some(mut modifier) = actions.pop() {
        if let Some(end) = modifier.open_end() {
            *end = folded;
        }
        folded = modifier;
    }
    Ok(folded)
}

//! Items grouped by what they have in common.

/// Groups of `T`, in the order in which their first items came; within a group in the order in which the items came.
///
/// A group is searched one by one, the last used first: items of one scope mostly come in runs, and scopes are few.
pub(crate) struct Groups<K, T> {
    groups: Vec<(K, Vec<T>)>,
    last: usize,
}

impl<K, T> Groups<K, T> {
    /// No groups.
    pub(crate) const fn new() -> Self {
        Self {
            groups: Vec::new(),
            last: 0,
        }
    }

    /// Adds `item` to the group whose key `belongs`, or to a new one with the key that `key` makes.
    pub(crate) fn add(&mut self, item: T, belongs: impl Fn(&K) -> bool, key: impl FnOnce() -> K) {
        let in_last =
            |groups: &[(K, Vec<T>)]| groups.get(self.last).is_some_and(|(k, _)| belongs(k));
        if !in_last(&self.groups) {
            let known = self.groups.iter().position(|(key, _)| belongs(key));
            self.last = known.unwrap_or(self.groups.len());
        }
        match self.groups.get_mut(self.last) {
            Some((_, items)) => items.push(item),
            None => self.groups.push((key(), vec![item])),
        }
    }
}

impl<K, T> IntoIterator for Groups<K, T> {
    type Item = (K, Vec<T>);
    type IntoIter = std::vec::IntoIter<(K, Vec<T>)>;

    fn into_iter(self) -> Self::IntoIter {
        self.groups.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_their_items_are_in_order_of_arrival() {
        let mut groups = Groups::new();
        for (key, item) in [("b", 1), ("a", 2), ("b", 3), ("b", 4), ("c", 5), ("a", 6)] {
            groups.add(item, |known| *known == key, || key);
        }
        let all: Vec<(&str, Vec<i32>)> = groups.into_iter().collect();
        assert_eq!(
            all,
            [("b", vec![1, 3, 4]), ("a", vec![2, 6]), ("c", vec![5])]
        );
    }
}

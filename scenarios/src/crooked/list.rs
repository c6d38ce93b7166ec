//! The lists of clients that the binary holds.

use serde::de::DeserializeOwned;

/// A list of clients that the binary holds.
pub(super) struct ClientList {
    /// Its name below the directory of the crate.
    pub(super) file: &'static str,
    /// What stands in it.
    pub(super) text: &'static str,
}

/// A mistake in a list of clients that the binary holds.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CrookedListError {
    /// Not a list of clients.
    #[error("{file} cannot be read")]
    Unreadable {
        /// The list.
        file: &'static str,
        /// What is wrong with it.
        #[source]
        source: Box<serde_saphyr::Error>,
    },
    /// A name without code.
    #[error("{file}: nothing is written for `{name}`")]
    Unknown {
        /// The list.
        file: &'static str,
        /// The name.
        name: String,
    },
}

impl ClientList {
    /// The clients of the list, in its order. `made` gives the name of an entry for which nothing is written.
    pub(super) fn clients<Entry: DeserializeOwned, Client>(
        &self,
        made: impl Fn(Entry) -> Result<Client, String>,
    ) -> Result<Vec<Client>, CrookedListError> {
        let file = self.file;
        let entries: Vec<Entry> =
            serde_saphyr::from_str(self.text).map_err(|error| CrookedListError::Unreadable {
                file,
                source: Box::new(error),
            })?;
        let unknown = |name| CrookedListError::Unknown { file, name };
        let clients = entries
            .into_iter()
            .map(|entry| made(entry).map_err(unknown));
        clients.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_names_the_list_that_it_is_in() {
        let said = |text| {
            let list = ClientList {
                file: "crooked/mine.yaml",
                text,
            };
            let clients =
                list.clients(|name: String| if name == "known" { Ok(()) } else { Err(name) });
            clients.map_err(|error| error.to_string())
        };
        assert_eq!(said("[known, known]"), Ok(vec![(), ()]));
        assert_eq!(
            said("[known, other]"),
            Err("crooked/mine.yaml: nothing is written for `other`".to_owned())
        );
        assert_eq!(
            said("{ no: list }"),
            Err("crooked/mine.yaml cannot be read".to_owned())
        );
    }
}

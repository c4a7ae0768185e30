//! The environment variables the program reads, behind a look-up that tests can replace.

use std::collections::HashMap;

/// The variables of one start; empty ones count as absent.
#[derive(Clone, Debug, Default)]
pub struct Environment(HashMap<String, String>);

impl Environment {
    pub fn of_process() -> Self {
        // A variable that is not Unicode cannot be one of ours.
        let pairs = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::from_pairs(pairs)
    }

    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let ours = pairs.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self(
            ours.filter(|(name, value): &(String, String)| {
                name.starts_with("RAPPORT_") && !value.trim().is_empty()
            })
            .collect(),
        )
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim())
    }
}

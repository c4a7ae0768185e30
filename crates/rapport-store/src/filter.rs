//! Builds the conditions of a list. Its texts are written in this program; whatever a user typed is bound.

use rapport_domain::UserId;

use crate::{Engine, Param, dialect};

/// `?3, ?4`: binds ids for an `in (…)`. The last one is repeated up to a power of two, so that few statements
/// have to be prepared.
pub(crate) fn bind_ids<'i>(params: &mut Vec<Param<'i>>, ids: impl IntoIterator<Item = &'i str>) -> String {
    let first = params.len();
    params.extend(ids.into_iter().map(Param::Text));
    let count = params.len() - first;
    if let Some(Param::Text(last)) = params.last().filter(|_| count > 0) {
        let last = *last;
        params.resize_with(first + count.next_power_of_two(), || Param::Text(last));
    }
    (first..params.len()).map(|index| format!("?{}", index + 2)).collect::<Vec<_>>().join(", ")
}

/// How many rows of one thing are inserted by one statement.
pub(crate) fn rows_together(engine: Engine) -> usize {
    dialect::rows_per_insert(engine).first().copied().unwrap_or(1)
}

/// `(?1, ?2, ?3), (?1, ?4, ?5)`: the rows of an insert, each of them the workspace and `width` values of its own.
pub(crate) fn rows(count: usize, width: usize) -> String {
    let row = |row: usize| {
        let places = (0..width).map(|column| format!(", ?{}", row * width + column + 2));
        format!("(?1{})", places.collect::<String>())
    };
    (0..count).map(row).collect::<Vec<_>>().join(", ")
}

/// Conditions joined by "and"; parameters are numbered from `?2`, because `?1` is the workspace.
pub struct FilterBuilder {
    conditions: String,
    params: Vec<Param<'static>>,
}

impl FilterBuilder {
    pub fn new() -> Self {
        Self { conditions: String::new(), params: Vec::with_capacity(8) }
    }

    /// Binds the person a list is read for; always the first, so that it is `?2`.
    pub fn bind_viewer(&mut self, viewer: &UserId) {
        debug_assert!(self.params.is_empty(), "the viewer is ?2");
        self.params.push(Param::OwnedText(viewer.as_str().to_owned()));
    }

    pub fn bind_integer(&mut self, value: i64) -> String {
        self.params.push(Param::Int(value));
        format!("?{}", self.params.len() + 1)
    }

    pub fn bind_text(&mut self, value: &str) -> String {
        self.params.push(Param::OwnedText(value.to_owned()));
        format!("?{}", self.params.len() + 1)
    }

    /// Adds a condition that holds nothing of the user's.
    pub fn push(&mut self, condition: &'static str) {
        self.conditions.push_str("and ");
        self.conditions.push_str(condition);
        self.conditions.push(' ');
    }

    pub fn push_equal(&mut self, column: &'static str, value: &str) {
        let bound = self.bind_text(value);
        self.conditions.push_str(&format!("and {column} = {bound} "));
    }

    pub fn push_like(&mut self, column: &'static str, pattern: &str) {
        let bound = self.bind_text(pattern);
        self.conditions.push_str(&format!("and {column} like {bound} "));
    }

    pub fn push_in<'v>(&mut self, column: &'static str, values: impl Iterator<Item = &'v str>) {
        let bound: Vec<String> = values.map(|value| self.bind_text(value)).collect();
        self.conditions.push_str(&format!("and {column} in ({}) ", bound.join(", ")));
    }

    /// Continues after a row of an order by `column`, then `c.id`.
    pub fn push_after(&mut self, column: &'static str, descending: bool, key: i64, id: &str) {
        let key = self.bind_integer(key);
        let id = self.bind_text(id);
        let comparison = if descending { "<" } else { ">" };
        self.conditions.push_str(&format!("and ({column}, c.id) {comparison} ({key}, {id}) "));
    }

    pub fn conditions(&self) -> &str {
        &self.conditions
    }

    pub fn params(&self) -> &[Param<'static>] {
        &self.params
    }
}

impl Default for FilterBuilder {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_share_the_workspace_and_nothing_else() {
        assert_eq!(rows(1, 2), "(?1, ?2, ?3)");
        assert_eq!(rows(3, 2), "(?1, ?2, ?3), (?1, ?4, ?5), (?1, ?6, ?7)");
    }
}

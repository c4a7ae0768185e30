//! Turns `?1…?n` into `$1…$n` for PostgreSQL, and checks that a statement names its workspace.

/// The same statement with PostgreSQL's placeholders. Quoted texts and comments stay as they are.
pub(super) fn to_postgres(sql: &str) -> String {
    let mut translated = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find(['?', '\'', '"', '-', '/']) {
        translated.push_str(&rest[..at]);
        let tail = &rest[at..];
        let length = if tail.starts_with("--") {
            tail.find('\n').unwrap_or(tail.len())
        } else if tail.starts_with("/*") {
            tail.find("*/").map_or(tail.len(), |end| end + 2)
        } else if tail.starts_with('?') && tail[1..].starts_with(|next: char| next.is_ascii_digit()) {
            translated.push('$');
            rest = &tail[1..];
            continue;
        } else if let Some(quote) = tail.chars().next().filter(|first| matches!(first, '\'' | '"')) {
            // A doubled quote inside reads as the end of one text and the start of the next: the same outcome.
            tail[1..].find(quote).map_or(tail.len(), |end| end + 2)
        } else {
            1
        };
        translated.push_str(&tail[..length]);
        rest = &tail[length..];
    }
    translated.push_str(rest);
    translated
}

/// Whether a statement uses `?1`, which is always the workspace, and the column it belongs to.
pub(super) fn is_scoped(sql: &str) -> bool {
    sql.contains("workspace_id")
        && sql
            .match_indices("?1")
            .any(|(at, _)| !sql[at + 2..].starts_with(|next: char| next.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_translated_outside_of_quotes_and_comments() {
        assert_eq!(
            to_postgres(
                "select a - 1 / 2, '?1 it''s', \"?2\" from t where b = ?12 -- ?3\n and /* ?4's */ c in (?1, ?2)"
            ),
            "select a - 1 / 2, '?1 it''s', \"?2\" from t where b = $12 -- ?3\n and /* ?4's */ c in ($1, $2)"
        );
        assert_eq!(to_postgres("select 'open ?1"), "select 'open ?1");
    }

    #[test]
    fn a_statement_is_scoped_by_the_column_and_the_first_parameter() {
        assert!(is_scoped("select id from t where workspace_id = ?1"));
        assert!(!is_scoped("select id from t where workspace_id = ?12"));
        assert!(!is_scoped("select id from t where id = ?1"));
        assert!(!is_scoped("select workspace_id from t where id = ?2"));
    }
}

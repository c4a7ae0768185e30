//! Copies all rows of a SQLite file into an empty PostgreSQL database with the same schema, in bulk: a measured
//! history is made once and is the same on both engines.

use std::io::Write;

use ::postgres::Client;
use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::{refused, refused_by_postgres};
use crate::Error;
use crate::dialect::search_vector;
use crate::search::SearchKind;

/// Copied last, so that its rows tell that a copy is complete.
const LAST_TABLE: &str = "workspaces";
const FLUSH_BYTES: usize = 1 << 20;

/// A column of the target: its name and its type.
type Column = (String, String);

/// Whether the target has rows already.
pub(super) fn is_complete(target: &mut Client) -> Result<bool, Error> {
    let found = target.query_opt("select 1 from workspaces limit 1", &[]);
    Ok(found.map_err(|error| refused_by_postgres(&error))?.is_some())
}

pub(super) fn copy(source: &Connection, target: &mut Client) -> Result<(), Error> {
    // Foreign keys were checked when the rows were first written.
    run(target, "set session_replication_role = replica; set maintenance_work_mem = '1GB'")?;
    let mut tables = tables(target)?;
    run(target, &format!("truncate {}", tables.join(", ")))?;
    tables.retain(|table| table != LAST_TABLE);
    tables.push(LAST_TABLE.to_owned());
    let indexes = drop_indexes(target)?;
    for table in &tables {
        if table == "search_documents" {
            copy_documents(source, target)?;
        } else {
            let columns = columns(target, table)?;
            copy_table(source, target, table, &columns)?;
        }
    }
    for definition in &indexes {
        run(target, definition)?;
    }
    run(target, "select setval('search_document_ids', (select coalesce(max(id), 1) from search_documents))")?;
    run(target, "vacuum analyze")
}

fn run(target: &mut Client, sql: &str) -> Result<(), Error> {
    target.batch_execute(sql).map_err(|error| refused_by_postgres(&error))
}

fn texts(target: &mut Client, sql: &str) -> Result<Vec<String>, Error> {
    let rows = target.query(sql, &[]).map_err(|error| refused_by_postgres(&error))?;
    rows.iter().map(|row| row.try_get(0).map_err(|error| refused_by_postgres(&error))).collect()
}

fn tables(target: &mut Client) -> Result<Vec<String>, Error> {
    texts(
        target,
        "select tablename::text from pg_tables where schemaname = 'public' \
         and tablename not like 'refinery%' order by tablename",
    )
}

/// Indexes that no constraint stands on: they are made faster after the rows than with them. Returns how.
fn drop_indexes(target: &mut Client) -> Result<Vec<String>, Error> {
    let without_constraint = "from pg_indexes where schemaname = 'public' and tablename not like 'refinery%' \
        and indexname not in (select conname from pg_constraint) order by indexname";
    let definitions = texts(target, &format!("select indexdef::text {without_constraint}"))?;
    for name in texts(target, &format!("select indexname::text {without_constraint}"))? {
        run(target, &format!("drop index {name}"))?;
    }
    Ok(definitions)
}

fn columns(target: &mut Client, table: &str) -> Result<Vec<Column>, Error> {
    let rows = target
        .query(
            "select column_name::text, data_type::text from information_schema.columns \
             where table_schema = 'public' and table_name = $1 order by ordinal_position",
            &[&table],
        )
        .map_err(|error| refused_by_postgres(&error))?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

fn copy_table(
    source: &Connection,
    target: &mut Client,
    table: &str,
    columns: &[Column],
) -> Result<(), Error> {
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(", ");
    let select = format!("select {names} from {table}");
    stream(source, target, &select, &format!("copy {table} ({names}) from stdin"), |row, line| {
        for (index, (_, kind)) in columns.iter().enumerate() {
            let value = row.get_ref(index).map_err(refused)?;
            push_value(line, value, kind == "boolean");
        }
        Ok(())
    })
}

/// FTS5 keeps no texts, so they are taken from where they were indexed from.
fn copy_documents(source: &Connection, target: &mut Client) -> Result<(), Error> {
    let names = "id, workspace_id, kind, reference_id, conversation_id, contact_id, occurred_at";
    let select = format!(
        "select {names}, coalesce(\
         (select coalesce(m.subject, '') || ' ' || m.author_name || ' ' || coalesce(m.visible_text, m.body_text) from messages m \
          where d.kind = 'message' and m.workspace_id = d.workspace_id and m.id = d.reference_id), \
         (select c.number || ' ' || c.topic || ' ' || coalesce(c.subject, '') || ' ' || ct.display_name from conversations c \
          join contacts ct on ct.workspace_id = c.workspace_id and ct.id = c.contact_id where d.kind = 'conversation' and c.workspace_id = d.workspace_id and c.id = d.reference_id), \
         (select group_concat(w.word, ' ') from contact_words w \
          where d.kind = 'contact' and w.workspace_id = d.workspace_id and w.contact_id = d.reference_id), '') \
         from search_documents d order by d.id"
    );
    let into = format!("copy search_documents ({names}, body) from stdin");
    stream(source, target, &select, &into, |row, line| {
        for index in 0..7 {
            push_value(line, row.get_ref(index).map_err(refused)?, false);
        }
        let text = |index: usize| row.get::<_, String>(index).map_err(refused);
        let kind = SearchKind::parse(&text(2)?)
            .ok_or_else(|| Error::Database("a document of an unknown kind".to_owned()))?;
        let vector = search_vector(&text(1)?, kind, row.get(0).map_err(refused)?, &text(7)?);
        push_value(line, ValueRef::Text(vector.as_bytes()), false);
        Ok(())
    })
}

fn stream(
    source: &Connection,
    target: &mut Client,
    select: &str,
    into: &str,
    push_row: impl Fn(&rusqlite::Row<'_>, &mut Vec<u8>) -> Result<(), Error>,
) -> Result<(), Error> {
    let broken = |error: std::io::Error| Error::Database(error.to_string());
    let mut writer = target.copy_in(into).map_err(|error| refused_by_postgres(&error))?;
    let mut statement = source.prepare(select).map_err(refused)?;
    let mut rows = statement.raw_query();
    let mut lines = Vec::with_capacity(FLUSH_BYTES * 2);
    while let Some(row) = rows.next().map_err(refused)? {
        push_row(row, &mut lines)?;
        // Each value ended with a tab; the last one of a row ends the line.
        if let Some(last) = lines.last_mut() {
            *last = b'\n';
        }
        if lines.len() >= FLUSH_BYTES {
            writer.write_all(&lines).map_err(broken)?;
            lines.clear();
        }
    }
    writer.write_all(&lines).map_err(broken)?;
    writer.finish().map_err(|error| refused_by_postgres(&error))?;
    Ok(())
}

/// A value as COPY's text format has it, with a tab after it.
fn push_value(line: &mut Vec<u8>, value: ValueRef<'_>, boolean: bool) {
    match value {
        ValueRef::Null => line.extend_from_slice(b"\\N"),
        ValueRef::Integer(number) if boolean => line.push(if number == 0 { b'f' } else { b't' }),
        ValueRef::Integer(number) => line.extend_from_slice(number.to_string().as_bytes()),
        ValueRef::Real(number) => line.extend_from_slice(number.to_string().as_bytes()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            for byte in bytes {
                match byte {
                    b'\\' => line.extend_from_slice(b"\\\\"),
                    b'\t' => line.extend_from_slice(b"\\t"),
                    b'\n' => line.extend_from_slice(b"\\n"),
                    b'\r' => line.extend_from_slice(b"\\r"),
                    other => line.push(*other),
                }
            }
        }
    }
    line.push(b'\t');
}

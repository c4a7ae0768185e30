create table search_documents (
  id integer primary key,
  workspace_id text not null,
  kind text not null check (kind in ('message', 'conversation', 'contact')),
  reference_id text not null,
  conversation_id text,
  contact_id text,
  occurred_at bigint not null
);
create unique index search_documents_reference on search_documents (workspace_id, kind, reference_id);

-- The scope column holds the workspace, so that a search reads only its own.
create virtual table search_index using fts5 (
  scope, body, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2", detail = full
);

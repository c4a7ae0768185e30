create table search_documents (
  id bigint generated always as identity,
  workspace_id text not null,
  kind text not null check (kind in ('message', 'conversation', 'contact')),
  reference_id text not null,
  conversation_id text,
  contact_id text,
  occurred_at bigint not null,
  body tsvector not null,
  primary key (workspace_id, id)
);
create unique index search_documents_reference on search_documents (workspace_id, kind, reference_id);
create index search_documents_body on search_documents using gin (body);

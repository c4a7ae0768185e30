-- Every word carries the block of documents that it stands in, so that a search reads one block of the index after the
-- other. Blocks of words of their own are no longer needed, nor are indexes of single kinds.
drop index search_documents_body;
drop index search_documents_of_contacts;
drop index search_documents_of_conversations;
update search_documents set body = cast(
  replace(
    ' ' || regexp_replace(body::text, ' ?''~[^'']*''', '', 'g') || ' ''_' || kind || '''',
    ' ''',
    ' ''' || to_hex(id / 32768) || upper(translate(right(workspace_id, 2), '0123456789_', 'ghjkmnpqrsz'))
  ) as tsvector);
-- Words that wait to be sorted in would be read at every block.
create index search_documents_body on search_documents using gin (body) with (fastupdate = off);

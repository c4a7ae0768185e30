-- What is compared with every hit stands in the index itself: workspace, kind, and the blocks that a document is in.
alter table search_documents alter column id drop identity;
create sequence search_document_ids;
select setval('search_document_ids', greatest((select max(id) from search_documents), 1));
update search_documents set body = body || array_to_tsvector(array[
  '~all' || replace(workspace_id, '_', ''),
  '~' || kind || replace(workspace_id, '_', ''),
  '~s' || (id / 16384),
  '~l' || (id / 262144)
]);

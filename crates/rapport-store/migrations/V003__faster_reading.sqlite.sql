-- Without row ids the primary key is the table, so that looking up a count is one search instead of two.
create table conversation_reads_by_key (
  workspace_id text not null,
  user_id text not null,
  conversation_id text not null,
  read_count bigint not null,
  updated_at bigint not null,
  primary key (workspace_id, user_id, conversation_id),
  foreign key (workspace_id, user_id) references users (workspace_id, id),
  foreign key (workspace_id, conversation_id) references conversations (workspace_id, id)
) without rowid;
insert into conversation_reads_by_key select workspace_id, user_id, conversation_id, read_count, updated_at from conversation_reads;
drop table conversation_reads;
alter table conversation_reads_by_key rename to conversation_reads;

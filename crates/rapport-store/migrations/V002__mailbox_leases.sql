-- Which server reads a mailbox. A server that takes it over counts the fence up, so that a late one can be told.
create table mailbox_leases (
  workspace_id text not null,
  channel_account_id text not null,
  holder text not null,
  fence bigint not null,
  lease_until bigint not null,
  primary key (workspace_id, channel_account_id),
  foreign key (workspace_id, channel_account_id) references channel_accounts (workspace_id, id)
);
create index mailbox_leases_of_holder on mailbox_leases (holder);

-- For the sweeper, which asks of a file whether a mail refers to it.
create index messages_raw_blob on messages (workspace_id, raw_blob) where raw_blob is not null;

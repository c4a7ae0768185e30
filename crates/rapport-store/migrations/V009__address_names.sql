-- Who holds a name of a domain, such as help@example.org with every help+anything@example.org. The key crosses
-- workspaces on purpose: of several that claim a name at once, one gets it. Without a workspace, a name is only used
-- in part: by addresses below it, or by the mail listener.
create table address_names (
  name text not null primary key,
  workspace_id text references workspaces (id)
);
-- Where two workspaces had come to share a name before this was a constraint, the one with the plain address holds
-- it. The other keeps the addresses that it has, and gets no new ones.
insert into address_names (name, workspace_id)
  select address, workspace_id from channel_account_addresses where address not like '%+%';

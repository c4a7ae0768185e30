-- The place of an address among those of its contact: the order in which they were given. Those from before share the
-- first place and stay in the order of their making.
alter table contact_addresses add column position bigint not null default 0;

-- How often somebody knocked lately, so that all servers on one database count together. What a key is made of is
-- not kept, only its hash.
create table attempts (
  key text not null primary key,
  drained_at bigint not null
);
create index attempts_drained on attempts (drained_at);

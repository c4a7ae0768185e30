-- The words of names, companies and addresses, so that typing the beginning of one finds the contact at once.
create table contact_words (
  workspace_id text not null,
  contact_id text not null,
  word text collate "C" not null,
  primary key (workspace_id, contact_id, word),
  foreign key (workspace_id, contact_id) references contacts (workspace_id, id)
);
create index contact_words_of_word on contact_words (workspace_id, word, contact_id);
-- Contacts from before are found by the beginning of their names and addresses until they change next.
insert into contact_words (workspace_id, contact_id, word)
  select workspace_id, id, lower(display_name) from contacts
  union
  select workspace_id, contact_id, normalised from contact_addresses where kind <> 'visitor';

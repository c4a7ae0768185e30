insert into address_names (name)
  select distinct substr(address, 1, instr(address, '+') - 1) || substr(address, instr(address, '@'))
  from channel_account_addresses where address like '%+%'
  on conflict (name) do nothing;
-- What the mail listener takes in each of its domains.
insert into address_names (name)
  select distinct names.column1 || substr(a.address, instr(a.address, '@')) from channel_account_addresses a
  join channel_accounts c on c.workspace_id = a.workspace_id and c.id = a.channel_account_id
  cross join (values ('postmaster'), ('reply'), ('bounces')) as names
  where json_extract(c.config, '$.inbound.kind') = 'listener'
  on conflict (name) do nothing;

-- Times are UTC milliseconds. Enumerations are text with a check. Every tenant table starts its key with the
-- workspace, so that the same schema can be distributed by it.

create table workspaces (
  id text not null primary key,
  name text not null,
  settings text not null,
  created_at bigint not null,
  version bigint not null default 1
);

-- Numbers people say to each other. Kept apart from the event counter, whose lock must be short.
create table conversation_counters (
  workspace_id text not null primary key references workspaces (id),
  last_number bigint not null default 0
);

-- One row per workspace. Its row lock is what makes event numbers gap-free and in commit order, so nothing
-- else may be counted here: a transaction that took the lock early would hold it until its commit.
create table workspace_counters (
  workspace_id text not null primary key references workspaces (id),
  event_seq bigint not null default 0,
  job_position bigint not null default 0
);

create table events (
  workspace_id text not null,
  seq bigint not null,
  name text not null,
  version integer not null,
  actor_kind text not null,
  actor_id text,
  actor_name text not null,
  conversation_id text,
  contact_id text,
  visible_to_user text,
  occurred_at bigint not null,
  payload text not null,
  primary key (workspace_id, seq)
);
create index events_of_conversation on events (workspace_id, conversation_id, seq);

-- position is the order of enqueueing within a workspace; jobs of one key run in that order.
-- fence grows with every claim, so a holder whose lease ran out can no longer report a result.
create table jobs (
  workspace_id text not null,
  id text not null,
  position bigint not null,
  kind text not null,
  key text,
  payload text not null,
  state text not null default 'queued' check (state in ('queued', 'running', 'done', 'dead', 'cancelled')),
  run_at bigint not null,
  attempts integer not null default 0,
  max_attempts integer not null,
  claimed_at bigint,
  lease_until bigint,
  fence bigint not null default 0,
  last_error text,
  primary key (workspace_id, id)
);
create unique index jobs_position on jobs (workspace_id, position);
create unique index jobs_one_running_per_key on jobs (workspace_id, key) where state = 'running';
create index jobs_of_key on jobs (workspace_id, key, position) where state in ('queued', 'running');
create index jobs_of_state on jobs (workspace_id, state, position);
-- Workers look for due work across all workspaces, hence the two indexes that do not start with one.
create index jobs_due on jobs (run_at) where state = 'queued';
create index jobs_leased on jobs (lease_until) where state = 'running';

create table users (
  workspace_id text not null references workspaces (id),
  id text not null,
  email text not null,
  name text not null,
  role text not null check (role in ('admin', 'supervisor', 'user', 'read_only')),
  active boolean not null default true,
  password_hash text,
  created_at bigint not null,
  last_seen_at bigint,
  version bigint not null default 1,
  primary key (workspace_id, id)
);
create unique index users_email on users (workspace_id, email);
-- Log-in knows only the address, so this one index crosses workspaces.
create index users_login on users (email);

create table sessions (
  workspace_id text not null,
  id text not null,
  user_id text not null,
  token_hash text not null,
  created_at bigint not null,
  last_seen_at bigint not null,
  expires_at bigint not null,
  user_agent text,
  primary key (workspace_id, id),
  foreign key (workspace_id, user_id) references users (workspace_id, id)
);
create unique index sessions_token on sessions (token_hash);
create index sessions_of_user on sessions (workspace_id, user_id);

create table api_tokens (
  workspace_id text not null,
  id text not null,
  user_id text not null,
  name text not null,
  prefix text not null,
  token_hash text not null,
  scopes text not null,
  created_at bigint not null,
  last_used_at bigint,
  expires_at bigint,
  revoked_at bigint,
  primary key (workspace_id, id),
  foreign key (workspace_id, user_id) references users (workspace_id, id)
);
create unique index api_tokens_token on api_tokens (token_hash);

create table invitations (
  workspace_id text not null,
  id text not null,
  email text not null,
  role text not null check (role in ('admin', 'supervisor', 'user', 'read_only')),
  token_hash text not null,
  invited_by text not null,
  created_at bigint not null,
  expires_at bigint not null,
  accepted_at bigint,
  revoked_at bigint,
  primary key (workspace_id, id),
  foreign key (workspace_id, invited_by) references users (workspace_id, id)
);
create unique index invitations_token on invitations (token_hash);

create table contacts (
  workspace_id text not null references workspaces (id),
  id text not null,
  display_name text not null,
  known boolean not null default false,
  company text,
  city text,
  country text,
  language text,
  external_id text,
  ai_paused boolean not null default false,
  created_at bigint not null,
  updated_at bigint not null,
  version bigint not null default 1,
  primary key (workspace_id, id)
);
create index contacts_recent on contacts (workspace_id, updated_at, id);
create unique index contacts_external_id on contacts (workspace_id, external_id) where external_id is not null;

create table contact_addresses (
  workspace_id text not null,
  id text not null,
  contact_id text not null,
  kind text not null check (kind in ('email', 'phone', 'visitor', 'external')),
  value text not null,
  normalised text not null,
  verified boolean not null default false,
  created_at bigint not null,
  primary key (workspace_id, id),
  foreign key (workspace_id, contact_id) references contacts (workspace_id, id)
);
-- One address belongs to one contact: parallel first messages cannot make two people of one.
create unique index contact_addresses_value on contact_addresses (workspace_id, kind, normalised);
create index contact_addresses_of_contact on contact_addresses (workspace_id, contact_id);

create table channel_accounts (
  workspace_id text not null references workspaces (id),
  id text not null,
  channel text not null,
  name text not null,
  active boolean not null default true,
  address text,
  config text not null,
  -- Encrypted with the server's key.
  secrets text not null,
  widget_key text,
  last_inbound_at bigint,
  last_outbound_at bigint,
  -- What is wrong with receiving, and with sending.
  last_error text,
  last_outbound_error text,
  last_error_at bigint,
  created_at bigint not null,
  deleted_at bigint,
  version bigint not null default 1,
  primary key (workspace_id, id)
);
create unique index channel_accounts_widget_key on channel_accounts (widget_key) where widget_key is not null;

-- Which account a mail to an address of ours belongs to. The listener knows only the address.
create table channel_account_addresses (
  workspace_id text not null,
  address text not null,
  channel_account_id text not null,
  primary key (workspace_id, address),
  foreign key (workspace_id, channel_account_id) references channel_accounts (workspace_id, id)
);
create unique index channel_account_addresses_owner on channel_account_addresses (address);

-- Where reading a mailbox goes on. Moves only together with what was read.
create table mailbox_cursors (
  workspace_id text not null,
  channel_account_id text not null,
  mailbox text not null,
  uid_validity bigint not null,
  last_uid bigint not null,
  updated_at bigint not null,
  primary key (workspace_id, channel_account_id, mailbox),
  foreign key (workspace_id, channel_account_id) references channel_accounts (workspace_id, id)
);

create table conversations (
  workspace_id text not null references workspaces (id),
  id text not null,
  number bigint not null,
  contact_id text,
  -- Empty: one conversation for the contact. Otherwise the sender or mail thread it is limited to.
  scope_key text not null default '',
  status text not null check (status in ('open', 'waiting', 'pending', 'solved', 'closed')),
  lifecycle text not null check (lifecycle in ('open', 'automated', 'closed')),
  channel text not null,
  channels text not null,
  origin text not null,
  test boolean not null default false,
  topic text not null,
  subject text,
  priority text not null check (priority in ('low', 'normal', 'high', 'urgent')),
  priority_rank integer not null,
  assignee_user_id text,
  assigned_at bigint,
  requires_action text,
  channel_account_id text,
  inbound_count bigint not null default 0,
  last_message_id text,
  last_message_kind text,
  last_message_direction text,
  last_message_author_kind text,
  last_message_author_name text,
  last_message_preview text,
  last_message_channel text,
  last_message_at bigint,
  last_message_delivery text,
  last_activity_at bigint not null,
  waiting_since bigint,
  variables text not null default '{}',
  follow_up_of text,
  follow_up_of_number bigint,
  created_at bigint not null,
  updated_at bigint not null,
  closed_at bigint,
  closed_by text,
  closed_from text,
  version bigint not null default 1,
  primary key (workspace_id, id),
  foreign key (workspace_id, contact_id) references contacts (workspace_id, id),
  foreign key (workspace_id, assignee_user_id) references users (workspace_id, id)
);
create unique index conversations_number on conversations (workspace_id, number);
-- Parallel threads cannot arise: at most one conversation that is not closed per contact and scope.
create unique index conversations_one_active on conversations (workspace_id, contact_id, scope_key) where status <> 'closed' and contact_id is not null;
create index conversations_of_contact on conversations (workspace_id, contact_id);
create index conversations_recent on conversations (workspace_id, last_activity_at, id) where not test;
create index conversations_active on conversations (workspace_id, last_activity_at, id) where status in ('open', 'waiting', 'pending') and not test;
create index conversations_unassigned on conversations (workspace_id, last_activity_at, id) where status in ('open', 'waiting', 'pending') and assignee_user_id is null and not test;
-- What somebody has to do is looked at all day; what they ever did grows for years, so each has an index. Without
-- statistics SQLite takes the later one of two that serve, hence the order.
create index conversations_of_assignee on conversations (workspace_id, assignee_user_id, last_activity_at, id) where assignee_user_id is not null;
create index conversations_mine on conversations (workspace_id, assignee_user_id, last_activity_at, id) where assignee_user_id is not null and status in ('open', 'waiting', 'pending') and not test;
create index conversations_solved on conversations (workspace_id, last_activity_at, id) where status = 'solved' and not test;
create index conversations_waiting on conversations (workspace_id, waiting_since, id) where waiting_since is not null and status <> 'closed';
create index conversations_priority on conversations (workspace_id, priority_rank, id) where status in ('open', 'waiting', 'pending') and not test;
create index conversations_requires_action on conversations (workspace_id, last_activity_at, id) where requires_action is not null;
create index conversations_created on conversations (workspace_id, created_at, id);
create index conversations_automated on conversations (workspace_id, last_activity_at, id) where lifecycle = 'automated';

-- The addresses that a conversation has been led with: what comes from them joins it until it is closed.
create table conversation_addresses (
  workspace_id text not null,
  conversation_id text not null,
  address_id text not null,
  primary key (workspace_id, conversation_id, address_id),
  foreign key (workspace_id, conversation_id) references conversations (workspace_id, id),
  foreign key (workspace_id, address_id) references contact_addresses (workspace_id, id)
);
create index conversation_addresses_of_address on conversation_addresses (workspace_id, address_id);

create table conversation_links (
  workspace_id text not null,
  id text not null,
  kind text not null check (kind in ('follow_up', 'linked')),
  parent_id text not null,
  child_id text not null,
  created_at bigint not null,
  primary key (workspace_id, id),
  foreign key (workspace_id, parent_id) references conversations (workspace_id, id),
  foreign key (workspace_id, child_id) references conversations (workspace_id, id),
  check (parent_id <> child_id)
);
create unique index conversation_links_pair on conversation_links (workspace_id, parent_id, child_id);
create index conversation_links_of_child on conversation_links (workspace_id, child_id);

create table messages (
  workspace_id text not null,
  id text not null,
  conversation_id text not null,
  kind text not null check (kind in ('message', 'note')),
  direction text not null check (direction in ('inbound', 'outbound', 'none')),
  channel text not null,
  channel_account_id text,
  author_kind text not null,
  author_id text,
  author_name text not null,
  subject text,
  body_text text not null,
  -- Null where nothing was cut away.
  visible_text text,
  body_html text,
  has_remote_images boolean not null default false,
  automatic boolean not null default false,
  ai_generated boolean not null default false,
  ai_drafted boolean not null default false,
  -- Sender, recipients, warnings and threading data as JSON.
  details text not null,
  delivery_status text,
  delivery_reason text,
  delivery_code text,
  delivery_attempts bigint not null default 0,
  next_attempt_at bigint,
  delivery_updated_at bigint,
  provider_message_id text,
  email_message_id text,
  client_id text,
  held_until bigint,
  raw_blob text,
  sent_at bigint not null,
  created_at bigint not null,
  version bigint not null default 1,
  primary key (workspace_id, id),
  foreign key (workspace_id, conversation_id) references conversations (workspace_id, id),
  check (kind <> 'note' or (direction = 'none' and delivery_status is null))
);
create index messages_of_conversation on messages (workspace_id, conversation_id, sent_at, id);
-- A provider that delivers twice makes one message.
create unique index messages_provider_id on messages (workspace_id, channel_account_id, provider_message_id) where provider_message_id is not null;
-- A client that sends twice makes one message.
create unique index messages_client_id on messages (workspace_id, conversation_id, client_id) where client_id is not null;

-- Every Message-ID that stands for one of our messages: ours, theirs, and those that relays put in their place.
create table email_message_ids (
  workspace_id text not null,
  email_message_id text not null,
  message_id text not null,
  primary key (workspace_id, email_message_id, message_id),
  foreign key (workspace_id, message_id) references messages (workspace_id, id)
);

create table attachments (
  workspace_id text not null,
  id text not null,
  message_id text,
  uploaded_by text,
  file_name text not null,
  media_type text not null,
  size_bytes bigint not null,
  blob_key text not null,
  content_id text,
  inline boolean not null default false,
  position integer not null default 0,
  created_at bigint not null,
  primary key (workspace_id, id),
  foreign key (workspace_id, message_id) references messages (workspace_id, id)
);
create index attachments_of_message on attachments (workspace_id, message_id, position);
create index attachments_of_blob on attachments (workspace_id, blob_key);
create index attachments_of_uploader on attachments (workspace_id, uploaded_by, created_at) where uploaded_by is not null;
create index attachments_loose on attachments (created_at) where message_id is null;

-- How much of a conversation each person has seen.
create table conversation_reads (
  workspace_id text not null,
  user_id text not null,
  conversation_id text not null,
  read_count bigint not null,
  updated_at bigint not null,
  primary key (workspace_id, user_id, conversation_id),
  foreign key (workspace_id, user_id) references users (workspace_id, id),
  foreign key (workspace_id, conversation_id) references conversations (workspace_id, id)
);

create table drafts (
  workspace_id text not null,
  user_id text not null,
  conversation_id text not null,
  mode text not null check (mode in ('reply', 'note')),
  content text not null,
  preview text not null,
  updated_at bigint not null,
  version bigint not null default 1,
  primary key (workspace_id, user_id, conversation_id, mode),
  foreign key (workspace_id, user_id) references users (workspace_id, id),
  foreign key (workspace_id, conversation_id) references conversations (workspace_id, id)
);

create table idempotency_keys (
  workspace_id text not null references workspaces (id),
  principal text not null,
  key text not null,
  request_hash text not null,
  response text not null,
  created_at bigint not null,
  primary key (workspace_id, principal, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);

-- Whoever writes through a web chat widget. Several browsers may stand for one person whose identity the site proved.
create table visitors (
  workspace_id text not null,
  id text not null,
  channel_account_id text not null,
  contact_id text,
  -- The user id that the site proved for this visitor.
  identity text,
  page_url text,
  page_title text,
  fields text not null default '{}',
  read_message_id text,
  created_at bigint not null,
  last_seen_at bigint not null,
  primary key (workspace_id, id),
  foreign key (workspace_id, channel_account_id) references channel_accounts (workspace_id, id),
  foreign key (workspace_id, contact_id) references contacts (workspace_id, id)
);
-- Two browsers that prove the same identity at once are one visitor.
create unique index visitors_identity on visitors (workspace_id, channel_account_id, identity) where identity is not null;
create index visitors_of_contact on visitors (workspace_id, contact_id);

-- Each browser of a visitor holds a token of its own.
create table visitor_tokens (
  workspace_id text not null,
  token_hash text not null,
  visitor_id text not null,
  created_at bigint not null,
  last_seen_at bigint not null,
  expires_at bigint not null,
  primary key (workspace_id, token_hash),
  foreign key (workspace_id, visitor_id) references visitors (workspace_id, id)
);
-- A request shows nothing but its token, so this one index crosses workspaces.
create unique index visitor_tokens_token on visitor_tokens (token_hash);
create index visitor_tokens_of_visitor on visitor_tokens (workspace_id, visitor_id);

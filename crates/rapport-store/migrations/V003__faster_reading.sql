-- The index of a list is chosen by the text of its condition. What is active says "test = false", so that no index
-- of everything ever, which says "not test", can be taken for it.
drop index conversations_active;
drop index conversations_unassigned;
drop index conversations_mine;
drop index conversations_priority;
drop index conversations_of_assignee;
-- With what tells whether a person has read it, so that counting unread conversations reads nothing else.
create index conversations_active on conversations (workspace_id, last_activity_at, id, inbound_count, assignee_user_id, status, test, channels) where status in ('open', 'waiting', 'pending') and test = false;
create index conversations_unassigned on conversations (workspace_id, last_activity_at, id) where status in ('open', 'waiting', 'pending') and assignee_user_id is null and test = false;
create index conversations_mine on conversations (workspace_id, assignee_user_id, last_activity_at, id) where assignee_user_id is not null and status in ('open', 'waiting', 'pending') and test = false;
create index conversations_priority on conversations (workspace_id, priority_rank, id) where status in ('open', 'waiting', 'pending') and test = false;
create index conversations_of_assignee on conversations (workspace_id, assignee_user_id, last_activity_at, id) where assignee_user_id is not null and not test;
create index conversations_created_of_assignee on conversations (workspace_id, assignee_user_id, created_at, id) where assignee_user_id is not null and not test;

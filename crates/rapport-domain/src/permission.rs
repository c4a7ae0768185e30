//! Who may do what: the one table that later roles and rights extend.

crate::text_enum! {
    pub enum Role {
        Admin = "admin",
        Supervisor = "supervisor",
        User = "user",
        ReadOnly = "read_only",
    }

    pub enum Permission {
        ConversationRead = "conversation.read",
        ConversationReply = "conversation.reply",
        ConversationNote = "conversation.note",
        ConversationAssign = "conversation.assign",
        /// Take a conversation away from the person who has it.
        ConversationReassign = "conversation.reassign",
        ConversationClose = "conversation.close",
        ConversationEdit = "conversation.edit",
        ContactRead = "contact.read",
        ContactEdit = "contact.edit",
        ChannelAccountRead = "channel_account.read",
        ChannelAccountManage = "channel_account.manage",
        UserRead = "user.read",
        UserManage = "user.manage",
        TokenManageOwn = "token.manage_own",
        TokenManageAll = "token.manage_all",
        WorkspaceManage = "workspace.manage",
    }
}

use Permission::*;

const READ_ONLY: &[Permission] = &[ConversationRead, ContactRead, ChannelAccountRead, UserRead];

const USER: &[Permission] = &[
    ConversationRead,
    ConversationReply,
    ConversationNote,
    ConversationAssign,
    ConversationClose,
    ConversationEdit,
    ContactRead,
    ContactEdit,
    ChannelAccountRead,
    UserRead,
    TokenManageOwn,
];

const SUPERVISOR: &[Permission] = &[
    ConversationRead,
    ConversationReply,
    ConversationNote,
    ConversationAssign,
    ConversationReassign,
    ConversationClose,
    ConversationEdit,
    ContactRead,
    ContactEdit,
    ChannelAccountRead,
    UserRead,
    TokenManageOwn,
];

impl Role {
    pub const fn permissions(self) -> &'static [Permission] {
        match self {
            Role::Admin => Permission::ALL,
            Role::Supervisor => SUPERVISOR,
            Role::User => USER,
            Role::ReadOnly => READ_ONLY,
        }
    }

    pub fn may(self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_all_that_the_one_below_has() {
        for (higher, lower) in
            [(Role::Admin, Role::Supervisor), (Role::Supervisor, Role::User), (Role::User, Role::ReadOnly)]
        {
            for permission in lower.permissions() {
                assert!(higher.may(*permission), "{higher} lacks {permission} of {lower}");
            }
            assert!(higher.permissions().len() > lower.permissions().len());
        }
    }

    #[test]
    fn read_only_can_change_nothing() {
        assert!(Role::ReadOnly.permissions().iter().all(|permission| permission.as_str().ends_with(".read")));
    }
}

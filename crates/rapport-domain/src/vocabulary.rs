//! The closed sets of words the product uses: statuses, channels, directions, origins.

crate::text_enum! {
    /// Where a conversation stands. Waiting: the customer waits for us. Pending: we wait for somebody.
    pub enum Status {
        Open = "open",
        Waiting = "waiting",
        Pending = "pending",
        Solved = "solved",
        Closed = "closed",
    }

    /// Derived from the status and from who drives the conversation.
    pub enum Lifecycle {
        Open = "open",
        Automated = "automated",
        Closed = "closed",
    }

    pub enum Priority {
        Low = "low",
        Normal = "normal",
        High = "high",
        Urgent = "urgent",
    }

    /// A kind of medium. Which of them can be used is decided by the adapters that exist.
    pub enum Channel {
        Email = "email",
        Sms = "sms",
        Whatsapp = "whatsapp",
        Chat = "chat",
        Voice = "voice",
        Messenger = "messenger",
        FacebookPost = "facebook_post",
        Linkedin = "linkedin",
        Internal = "internal",
        Api = "api",
    }

    /// What a contact can be reached by.
    pub enum AddressKind {
        Email = "email",
        Phone = "phone",
        Visitor = "visitor",
        External = "external",
    }

    pub enum MessageKind {
        Message = "message",
        Note = "note",
    }

    /// Notes have no direction.
    pub enum Direction {
        Inbound = "inbound",
        Outbound = "outbound",
        None = "none",
    }

    /// Who wrote a message or caused an event.
    pub enum AuthorKind {
        Contact = "contact",
        User = "user",
        Agent = "agent",
        Campaign = "campaign",
        Sequence = "sequence",
        System = "system",
        Api = "api",
    }

    /// What started a conversation.
    pub enum Origin {
        InboundMessage = "inbound_message",
        InboundCall = "inbound_call",
        User = "user",
        Agent = "agent",
        Campaign = "campaign",
        Sequence = "sequence",
        Api = "api",
        Test = "test",
        Internal = "internal",
    }

    pub enum DeliveryStatus {
        Queued = "queued",
        Sending = "sending",
        Sent = "sent",
        Delivered = "delivered",
        Read = "read",
        Failed = "failed",
        Bounced = "bounced",
        /// The provider may or may not have taken it; nobody repeats it without being asked.
        Unknown = "unknown",
        Cancelled = "cancelled",
    }

    pub enum LinkKind {
        FollowUp = "follow_up",
        Linked = "linked",
    }

    /// How far one open conversation of a contact reaches.
    pub enum ConversationScope {
        Contact = "contact",
        ContactAndSender = "contact_and_sender",
    }

    pub enum DraftMode {
        Reply = "reply",
        Note = "note",
    }
}

impl DeliveryStatus {
    /// Whether a report may move a message from `self` to `next`: never backwards.
    pub fn may_become(self, next: DeliveryStatus) -> bool {
        use DeliveryStatus::*;
        match (self, next) {
            (Cancelled, _) | (Read, _) => false,
            (Queued, next) => next != Queued,
            (Sending, Queued) => true,
            (Sending, next) => next != Sending && next != Cancelled,
            (Unknown, Sent | Delivered | Read | Failed | Bounced | Queued) => true,
            (Sent, Delivered | Read | Failed | Bounced) => true,
            (Delivered, Read | Bounced) => true,
            (Failed, Queued | Delivered | Read | Bounced) => true,
            (Bounced, Queued) => true,
            _ => false,
        }
    }
}

impl Channel {
    /// The kind of address a contact is known by on this channel.
    pub const fn address_kind(self) -> AddressKind {
        match self {
            Channel::Email | Channel::Internal => AddressKind::Email,
            Channel::Sms | Channel::Whatsapp | Channel::Voice => AddressKind::Phone,
            Channel::Chat => AddressKind::Visitor,
            Channel::Messenger | Channel::FacebookPost | Channel::Linkedin | Channel::Api => {
                AddressKind::External
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DeliveryStatus::{self, *};

    #[test]
    fn delivery_status_never_goes_back_on_late_reports() {
        assert!(Sent.may_become(Delivered));
        assert!(!Read.may_become(Delivered));
        assert!(!Delivered.may_become(Sent));
        assert!(!Delivered.may_become(Failed));
        assert!(Failed.may_become(Queued), "a retry by hand queues again");
        for next in DeliveryStatus::ALL {
            assert!(!Cancelled.may_become(*next));
        }
    }
}

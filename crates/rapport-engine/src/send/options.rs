//! Every way to answer a contact: each address with each account that can reach it, the likeliest first.

use rapport_channels::capability::capabilities;
use rapport_domain::model::{Address, AttachmentLimits, Conversation, ReplyOption, ReplyState};
use rapport_domain::{Channel, ChannelAccountId};
use rapport_store::Tx;
use rapport_store::channel_account::StoredAccount;

use crate::{Engine, Error, channel_account};

pub(crate) fn reply_options(
    tx: &mut Tx<'_>,
    engine: &Engine,
    conversation: &Conversation,
) -> Result<Vec<ReplyOption>, Error> {
    let Some(contact) = &conversation.contact else { return Ok(Vec::new()) };
    let contact_id = contact.id.clone();
    let mut addresses = rapport_store::contact::list_addresses(tx, &contact_id)?;
    let mut in_use = Vec::with_capacity(addresses.len());
    for address in &addresses {
        in_use.push(rapport_store::conversation::has_address(tx, &conversation.id, &address.id)?);
    }
    let mut ranked: Vec<(bool, Address)> = in_use.into_iter().zip(addresses.drain(..)).collect();
    // The address that the conversation was led with comes first, the newest of those before the others.
    ranked.sort_by_key(|(in_use, address)| (!in_use, std::cmp::Reverse(address.created_at)));
    let accounts = rapport_store::channel_account::list(tx)?;
    let visitors = rapport_store::visitor::list_of_contact(tx, &contact_id)?;
    let mut options = Vec::new();
    for (_, address) in &ranked {
        for stored in &accounts {
            let account = &stored.account;
            let reaches = account.channel.address_kind() == address.kind
                && capabilities(account.channel).is_some()
                && (account.channel != Channel::Chat
                    || visitors.iter().any(|visitor| {
                        visitor.id.as_str() == address.value && visitor.channel_account_id == account.id
                    }));
            if reaches {
                options.push(option(engine, stored, address));
            }
        }
    }
    let preferred = |option: &ReplyOption| {
        let same_account = conversation.channel_account_id.as_ref() == Some(&option.channel_account_id);
        (option.state != ReplyState::Ok, !same_account, option.channel != conversation.channel)
    };
    options.sort_by_key(preferred);
    Ok(options)
}

fn option(engine: &Engine, stored: &StoredAccount, address: &Address) -> ReplyOption {
    let account = &stored.account;
    let able = capabilities(account.channel);
    let (state, reason) = match (account.active, channel_account::only_receives(account)) {
        (false, _) => (ReplyState::Inactive, Some(format!("{} is switched off.", account.name))),
        (true, true) => (
            ReplyState::Inactive,
            Some(format!("{} only receives. Set up a server for sending.", account.name)),
        ),
        (true, false) => (ReplyState::Ok, None),
    };
    ReplyOption {
        channel: account.channel,
        channel_account_id: account.id.clone(),
        channel_account_name: account.name.clone(),
        from: account.address.clone().unwrap_or_else(|| account.name.clone()),
        address_id: address.id.clone(),
        to: address.value.clone(),
        state,
        reason,
        rich_text: able.is_some_and(|able| able.rich_text),
        max_length: able.and_then(|able| able.max_length),
        attachments: AttachmentLimits {
            max_bytes: engine.config().max_attachment_bytes as i64,
            max_count: able.map_or(0, |able| able.max_attachments),
        },
    }
}

/// The account of an email conversation that an answer leaves from when nobody chose one.
pub(crate) fn is_own_address(own: &[(String, ChannelAccountId)], address: &str) -> bool {
    rapport_domain::email_address::normalise(address)
        .is_some_and(|address| own.iter().any(|(known, _)| *known == address))
}

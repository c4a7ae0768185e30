//! Every way to answer a contact: each address with each account that can reach it, the likeliest first.

use rapport_channels::capability::capabilities;
use rapport_channels::email::reply_token::{AddressTokens, TokenPurpose};
use rapport_domain::model::{Address, AttachmentLimits, Conversation, ReplyOption, ReplyState};
use rapport_domain::{Channel, ChannelAccountId, email_address};
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

/// The addresses that mail comes back to us by: writing to one of them would be writing to ourselves.
pub(crate) struct OwnAddresses {
    accounts: Vec<(String, ChannelAccountId)>,
    tokens: AddressTokens,
}

impl OwnAddresses {
    pub(crate) fn load(tx: &mut Tx<'_>, engine: &Engine) -> Result<Self, Error> {
        let accounts = rapport_store::channel_account::list_addresses(tx)?;
        Ok(Self { accounts, tokens: AddressTokens::new(engine.keys().addresses()) })
    }

    /// Whether this is an address of an account, one with `+anything` in front of the `@`, or one that we gave out
    /// for answers and reports.
    pub(crate) fn contain(&self, address: &str) -> bool {
        let Some(address) = email_address::normalise(address) else { return false };
        let is_known = |address: &str| self.accounts.iter().any(|(known, _)| known == address);
        let gave_out = |purpose| self.tokens.find(purpose, &address, "").is_some();
        is_known(&address)
            || plain_address(&address).is_some_and(|plain| is_known(&plain))
            || gave_out(TokenPurpose::Reply)
            || gave_out(TokenPurpose::Bounce)
    }
}

/// `support@…` for `support+anything@…`, which the listener takes for the same mailbox.
fn plain_address(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    let (name, _) = local.split_once('+')?;
    Some(format!("{name}@{domain}"))
}

#[cfg(test)]
mod tests {
    use rapport_channels::email::reply_token::Separator;

    use super::*;

    #[test]
    fn what_comes_back_to_us_is_ours_and_what_only_looks_so_is_not() {
        let tokens = AddressTokens::new(b"ours");
        let address = |tokens: &AddressTokens, purpose| {
            tokens.address(purpose, [7; 16], "", "bikes.example", Separator::Plus)
        };
        let account = || ChannelAccountId::from_stored("cha_1");
        let accounts = ["help@bikes.example", "shop+eu@bikes.example", "hilfe@b\u{fc}cher.example"];
        let own = OwnAddresses {
            accounts: accounts.map(|address| (address.to_owned(), account())).to_vec(),
            tokens: tokens.clone(),
        };
        let [reply, bounce] = [TokenPurpose::Reply, TokenPurpose::Bounce].map(|it| address(&tokens, it));
        for ours in [
            "Help@Bikes.example",
            "help+anything@bikes.example",
            "help++@bikes.example",
            "HILFE+x@xn--bcher-kva.example",
            "shop+eu@bikes.example",
            &reply,
            &bounce.to_uppercase(),
        ] {
            assert!(own.contain(ours), "{ours}");
        }
        let forged = address(&AddressTokens::new(b"theirs"), TokenPurpose::Reply);
        for other in [
            "helper@bikes.example",
            "x+help@bikes.example",
            "shop@bikes.example",
            "shop+us@bikes.example",
            "help+x@cars.example",
            "help",
            &forged,
        ] {
            assert!(!own.contain(other), "{other}");
        }
    }
}

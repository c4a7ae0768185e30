//! The addresses of a mailbox belong to one account of the whole server, because a mail server knows nothing else.

use rapport_domain::ChannelAccountId;
use rapport_store::Tx;

use crate::Error;

pub(super) fn replace(tx: &mut Tx<'_>, id: &ChannelAccountId, addresses: &[String]) -> Result<(), Error> {
    match rapport_store::channel_account::replace_addresses(tx, id, addresses) {
        Err(rapport_store::Error::Unique { .. }) => Err(Error::conflict(
            "address_in_use",
            "One of these addresses belongs to another channel account of this server.",
        )),
        outcome => Ok(outcome?),
    }
}

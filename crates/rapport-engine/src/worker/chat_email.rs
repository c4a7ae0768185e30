//! Sends chat answers that stay unread by email as well.

use rapport_store::jobs::ClaimedJob;

use crate::{Engine, Error};

pub(super) async fn run(_engine: &Engine, _job: &ClaimedJob) -> Result<(), Error> {
    Err(Error::Internal("not written yet".into()))
}

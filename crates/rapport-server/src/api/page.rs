//! The form of all lists.

use rapport_engine::Error;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::cursor;
use crate::extract::page_limit;

#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub data: Vec<T>,
    /// Hand it back as `cursor` to get what follows; null at the end.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A list that is short enough to be given at once.
    pub fn whole(data: Vec<T>) -> Self {
        Self { data, next_cursor: None }
    }
}

/// Which part of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// Items in one page.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// From the page before.
    pub cursor: Option<String>,
}

impl Paging {
    pub fn limit(&self) -> Result<i64, Error> {
        page_limit(self.limit)
    }

    /// For lists that are given at once: they have no second page.
    pub fn only_page(&self) -> Result<(), Error> {
        self.limit()?;
        if self.cursor.is_some() { Err(cursor::invalid()) } else { Ok(()) }
    }
}

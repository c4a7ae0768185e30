//! Values on their way into a statement and rows on their way out, in the types that both engines share.

use rapport_domain::Timestamp;

use crate::Error;

/// One bound parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Param<'a> {
    Null,
    Int(i64),
    Bool(bool),
    Text(&'a str),
    OwnedText(String),
    Real(f64),
}

impl Param<'_> {
    pub(crate) fn to_static(&self) -> Param<'static> {
        match self {
            Self::Null => Param::Null,
            Self::Int(number) => Param::Int(*number),
            Self::Bool(flag) => Param::Bool(*flag),
            Self::Text(text) => Param::OwnedText((*text).to_owned()),
            Self::OwnedText(text) => Param::OwnedText(text.clone()),
            Self::Real(number) => Param::Real(*number),
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::OwnedText(text) => Some(text),
            _ => None,
        }
    }
}

/// An array of [`Param`] from anything that converts into one.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { [$($crate::value::Param::from($value)),*] };
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a String> for Param<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

impl From<String> for Param<'_> {
    fn from(value: String) -> Self {
        Self::OwnedText(value)
    }
}

impl From<i64> for Param<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<i32> for Param<'_> {
    fn from(value: i32) -> Self {
        Self::Int(value.into())
    }
}

impl From<u32> for Param<'_> {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

impl From<usize> for Param<'_> {
    /// Sizes and counts stay far below the bound; one that did not would be stored as the bound.
    fn from(value: usize) -> Self {
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Param<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for Param<'_> {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<Timestamp> for Param<'_> {
    fn from(value: Timestamp) -> Self {
        Self::Int(value.as_millis())
    }
}

impl<'a, T> From<Option<T>> for Param<'a>
where
    T: Into<Param<'a>>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// One implementation per type: a generic one would send the compiler through options of options without end.
macro_rules! optional_references {
    ($($name:ty),* $(,)?) => {$(
        impl<'a> From<&'a Option<$name>> for Param<'a> {
            fn from(value: &'a Option<$name>) -> Self {
                value.as_ref().map_or(Self::Null, Self::from)
            }
        }
    )*};
}

optional_references! { String, i64, Timestamp }

impl<'a> From<&'a Timestamp> for Param<'a> {
    fn from(value: &'a Timestamp) -> Self {
        Self::from(*value)
    }
}

impl<'a> From<&'a i64> for Param<'a> {
    fn from(value: &'a i64) -> Self {
        Self::Int(*value)
    }
}

/// One value of a row, borrowed from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ValueRef<'a> {
    Null,
    Int(i64),
    Bool(bool),
    Real(f64),
    Text(&'a str),
}

/// A type that a column can be read as.
pub trait FromColumn: Sized {
    /// `None` when the value is not of this type.
    fn from_value(value: ValueRef<'_>) -> Option<Self>;
}

impl FromColumn for String {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Text(text) => Some(text.to_owned()),
            _ => None,
        }
    }
}

impl FromColumn for i64 {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Int(number) => Some(number),
            _ => None,
        }
    }
}

impl FromColumn for i32 {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        i64::from_value(value).and_then(|number| Self::try_from(number).ok())
    }
}

impl FromColumn for bool {
    /// SQLite stores booleans as 0 and 1.
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Bool(flag) => Some(flag),
            ValueRef::Int(0) => Some(false),
            ValueRef::Int(1) => Some(true),
            _ => None,
        }
    }
}

impl FromColumn for f64 {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Real(number) => Some(number),
            // SQLite hands a whole number back as an integer where an expression has no declared type.
            ValueRef::Int(number) => Some(number as Self),
            _ => None,
        }
    }
}

impl FromColumn for Timestamp {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        i64::from_value(value).map(Self::from_millis)
    }
}

impl<T: FromColumn> FromColumn for Option<T> {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Null => Some(None),
            present => T::from_value(present).map(Some),
        }
    }
}

macro_rules! stored_ids {
    ($($name:ident),* $(,)?) => {$(
        impl<'a> From<&'a rapport_domain::$name> for Param<'a> {
            fn from(value: &'a rapport_domain::$name) -> Self {
                Self::Text(value.as_str())
            }
        }

        optional_references! { rapport_domain::$name }

        impl FromColumn for rapport_domain::$name {
            fn from_value(value: ValueRef<'_>) -> Option<Self> {
                String::from_value(value).map(Self::from_stored)
            }
        }
    )*};
}

stored_ids! {
    WorkspaceId, UserId, ContactId, AddressId, ChannelAccountId, ConversationId, MessageId, AttachmentId, TokenId,
    InvitationId, SessionId, LinkId, VisitorId, JobId,
}

/// A value of a row that was copied out of SQLite; texts lie one after the other in the row's buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Real(f64),
    Text { start: usize, end: usize },
}

#[derive(Debug)]
enum Content {
    Copied { cells: Box<[Cell]>, texts: String },
    Postgres(postgres::Row),
}

/// One row of a result. Columns are numbered from 0 in the order of the select list.
#[derive(Debug)]
pub struct Row(Content);

impl Row {
    pub(crate) fn copied(cells: Box<[Cell]>, texts: String) -> Self {
        Self(Content::Copied { cells, texts })
    }

    pub fn get<T: FromColumn>(&self, index: usize) -> Result<T, Error> {
        let value = self.value(index)?;
        T::from_value(value).ok_or_else(|| {
            Error::Column(format!("column {index} is not a {}: {}", std::any::type_name::<T>(), shape(value)))
        })
    }

    /// The value itself, for callers that want to read a text without copying it.
    pub fn value(&self, index: usize) -> Result<ValueRef<'_>, Error> {
        match &self.0 {
            Content::Copied { cells, texts } => match cells.get(index) {
                Some(Cell::Null) => Ok(ValueRef::Null),
                Some(Cell::Int(number)) => Ok(ValueRef::Int(*number)),
                Some(Cell::Real(number)) => Ok(ValueRef::Real(*number)),
                Some(Cell::Text { start, end }) => Ok(ValueRef::Text(&texts[*start..*end])),
                None => Err(Error::Column(format!("column {index} of {}", cells.len()))),
            },
            Content::Postgres(row) => postgres_value(row, index),
        }
    }
}

impl From<postgres::Row> for Row {
    fn from(row: postgres::Row) -> Self {
        Self(Content::Postgres(row))
    }
}

/// Names the kind of a value without its content, which may be personal.
fn shape(value: ValueRef<'_>) -> &'static str {
    match value {
        ValueRef::Null => "null",
        ValueRef::Int(_) => "an integer",
        ValueRef::Bool(_) => "a boolean",
        ValueRef::Real(_) => "a real number",
        ValueRef::Text(_) => "a text",
    }
}

fn postgres_value(row: &postgres::Row, index: usize) -> Result<ValueRef<'_>, Error> {
    use postgres::types::Type;
    let column = row
        .columns()
        .get(index)
        .ok_or_else(|| Error::Column(format!("column {index} of {}", row.columns().len())))?;
    let kind = column.type_();
    let value = if *kind == Type::INT8 {
        row.try_get::<_, Option<i64>>(index).map(|value| value.map(ValueRef::Int))
    } else if *kind == Type::INT4 {
        row.try_get::<_, Option<i32>>(index).map(|value| value.map(|number| ValueRef::Int(number.into())))
    } else if *kind == Type::BOOL {
        row.try_get::<_, Option<bool>>(index).map(|value| value.map(ValueRef::Bool))
    } else if *kind == Type::FLOAT8 {
        row.try_get::<_, Option<f64>>(index).map(|value| value.map(ValueRef::Real))
    } else if *kind == Type::FLOAT4 {
        row.try_get::<_, Option<f32>>(index).map(|value| value.map(|number| ValueRef::Real(number.into())))
    } else {
        row.try_get::<_, Option<&str>>(index).map(|value| value.map(ValueRef::Text))
    };
    match value {
        Ok(value) => Ok(value.unwrap_or(ValueRef::Null)),
        Err(_) => {
            Err(Error::Column(format!("column {index} ({}) has the type {kind}; cast it", column.name())))
        }
    }
}

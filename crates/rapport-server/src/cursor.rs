//! Where a list goes on, as a text that clients hand back unread.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use rapport_engine::Error;

const SEPARATOR: &str = "\n";

/// `N` fields, none of which holds a line break, for the list of this name. Its order is part of the name.
pub fn encode<const N: usize>(list: &str, fields: [&str; N]) -> String {
    BASE64.encode([list, &fields.join(SEPARATOR)].join(SEPARATOR))
}

/// The fields, or what is wrong with a cursor that we did not make for this list.
pub fn decode<const N: usize>(list: &str, cursor: &str) -> Result<[String; N], Error> {
    let text = BASE64.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let fields: Option<Vec<String>> = text.as_deref().and_then(|text| {
        let fields = text.strip_prefix(list)?.strip_prefix(SEPARATOR)?;
        Some(fields.split(SEPARATOR).map(str::to_owned).collect())
    });
    fields.and_then(|fields| fields.try_into().ok()).ok_or_else(invalid)
}

/// A field that is a whole number.
pub fn number(field: &str) -> Result<i64, Error> {
    field.parse().map_err(|_| invalid())
}

pub fn invalid() -> Error {
    Error::invalid("cursor", "This cursor does not belong to this list.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_come_back_to_their_list_and_others_are_refused() {
        let ours = encode("jobs", ["12", "job_1"]);
        assert_eq!(decode::<2>("jobs", &ours).expect("is ours"), ["12", "job_1"]);
        for other in ["", "!", "MTI", &encode("jobs", ["1"]), &encode("search", ["12", "job_1"])] {
            decode::<2>("jobs", other).expect_err(other);
        }
    }
}

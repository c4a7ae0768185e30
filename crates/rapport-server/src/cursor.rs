//! Where a list goes on, as a text that clients hand back unread.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use rapport_engine::Error;

const SEPARATOR: &str = "\n";

/// `N` fields, none of which holds a line break.
pub fn encode<const N: usize>(fields: [&str; N]) -> String {
    BASE64.encode(fields.join(SEPARATOR))
}

/// The fields, or what is wrong with a cursor that we did not make.
pub fn decode<const N: usize>(cursor: &str) -> Result<[String; N], Error> {
    let fields = BASE64
        .decode(cursor)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .map(|text| text.split(SEPARATOR).map(str::to_owned).collect::<Vec<_>>());
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
    fn cursors_come_back_and_made_up_ones_are_refused() {
        assert_eq!(decode::<2>(&encode(["12", "cnv_1"])).expect("is ours"), ["12", "cnv_1"]);
        for made_up in ["", "!", "MTI", &encode(["1"])] {
            decode::<2>(made_up).expect_err(made_up);
        }
    }
}

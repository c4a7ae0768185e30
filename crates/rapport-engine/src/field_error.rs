//! What is wrong with one field of a request, also where a deserialiser has found it, in the words and paths of the
//! API.

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Path of the field, such as `addresses.0.value`.
    pub field: String,
    /// Stable, such as `required` or `invalid`.
    pub code: &'static str,
    /// In words for people.
    pub message: String,
}

impl FieldError {
    /// `path` is the deserialiser's, such as `addresses[0].kind`; `.` is the whole.
    pub fn of_deserialiser(path: &str, message: &str) -> Self {
        let named = message.split('`').nth(1).unwrap_or_default();
        if message.starts_with("unknown field") {
            return Self { field: join(path, named), code: "unknown_field", message: message.to_owned() };
        }
        if message.starts_with("missing field") {
            let message = "This field is required.".to_owned();
            return Self { field: join(path, named), code: "required", message };
        }
        Self { field: join(path, ""), code: "invalid", message: in_words(message) }
    }

    /// The same, of the object in this field.
    pub(crate) fn within(self, parent: &str) -> Self {
        Self { field: format!("{parent}.{}", self.field), ..self }
    }
}

/// Names of our own types, and what parsers say about digits, mean nothing to whoever wrote the request.
fn in_words(message: &str) -> String {
    match message {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            return "This has to be a whole number.".to_owned();
        }
        "number too large to fit in target type" => return "This number is too large.".to_owned(),
        "number too small to fit in target type" => return "This number is too small.".to_owned(),
        "provided string was not `true` or `false`" => return "This has to be true or false.".to_owned(),
        _ => {}
    }
    let Some((before, expected)) = message.split_once(", expected ") else { return message.to_owned() };
    let expected = match expected {
        _ if expected.starts_with("struct ") => "an object",
        "u16" | "u32" | "u64" => "a whole number from 0 on",
        "i64" => "a whole number",
        other => other,
    };
    format!("{before}, expected {expected}")
}

fn join(path: &str, name: &str) -> String {
    let path = match path {
        "." => String::new(),
        path => path.replace('[', ".").replace(']', ""),
    };
    match (path.as_str(), name) {
        ("", "") => "body".to_owned(),
        ("", name) => name.to_owned(),
        (path, "") => path.to_owned(),
        (path, name) if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        (path, name) => format!("{path}.{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_type_of_ours_is_named() {
        for (message, words) in [
            ("invalid type: null, expected struct NewContactBody", "invalid type: null, expected an object"),
            ("invalid length 0, expected struct X with 7 elements", "invalid length 0, expected an object"),
            (
                "invalid value: integer `-1`, expected u32",
                "invalid value: integer `-1`, expected a whole number from 0 on",
            ),
            ("invalid digit found in string", "This has to be a whole number."),
        ] {
            assert_eq!(FieldError::of_deserialiser("a[0].b", message).message, words);
        }
    }
}

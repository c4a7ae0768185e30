//! Phone numbers as people type them, reduced to the digits that identify a line.

/// Digits only, without a leading `+` or `00`; `None` unless 7 to 15 digits remain (ITU-T E.164).
pub fn normalise(number: &str) -> Option<String> {
    let trimmed = number.trim();
    let rest = without_prefix(trimmed).unwrap_or(trimmed);
    let mut digits = String::with_capacity(15);
    for character in rest.chars() {
        match character {
            '0'..='9' => digits.push(character),
            ' ' | '.' | '-' | '(' | ')' | '/' | '\u{a0}' => {}
            _ => return None,
        }
    }
    (7..=15).contains(&digits.len()).then_some(digits)
}

/// The number as it is shown and dialled: E.164 with its `+` when it was given as an international one, otherwise
/// its digits, because nothing says of which country they are.
pub fn readable(number: &str) -> Option<String> {
    let digits = normalise(number)?;
    let international = without_prefix(number.trim()).is_some();
    Some(if international { format!("+{digits}") } else { digits })
}

fn without_prefix(number: &str) -> Option<&str> {
    number.strip_prefix('+').or_else(|| number.strip_prefix("00"))
}

#[cfg(test)]
mod tests {
    use super::{normalise, readable};

    #[test]
    fn all_ways_to_write_a_number_are_one_number() {
        for text in ["(800) 100-20000", "800-100-20000", "80010020000", "(800)-100-20000", "(800) 100.20-000"]
        {
            assert_eq!(normalise(text).as_deref(), Some("80010020000"), "{text}");
        }
        assert_eq!(normalise("+55 11 91234 5678"), normalise("0055 11912345678"));
    }

    #[test]
    fn international_numbers_keep_their_plus() {
        for text in ["+55 11 91234 5678", "0055 11912345678", "+5511912345678"] {
            assert_eq!(readable(text).as_deref(), Some("+5511912345678"), "{text}");
        }
        assert_eq!(readable("(800) 100-20000").as_deref(), Some("80010020000"));
        assert_eq!(readable("+12"), None);
    }

    #[test]
    fn what_cannot_be_a_number_is_refused() {
        for text in ["12ab", "123", "12345678901234567890", ""] {
            assert_eq!(normalise(text), None, "{text}");
        }
    }
}

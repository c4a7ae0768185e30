//! The commands that a peer may send, read strictly.

use crate::email::address::normalize_address;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    Ehlo(String),
    Helo(String),
    Lhlo(String),
    StartTls,
    Mail {
        sender: Option<String>,
        size: Option<usize>,
        smtp_utf8: bool,
    },
    Rcpt(String),
    Data,
    Rset,
    Noop,
    Verify,
    Help,
    Quit,
    /// Known to exist, but not offered here.
    NotOffered,
}

/// The reply that a faulty command gets.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault(pub &'static str);

const UNKNOWN: Fault = Fault("500 5.5.2 command not recognised");
const BAD_ARGUMENT: Fault = Fault("501 5.5.4 the argument is not valid");
const BAD_ADDRESS: Fault = Fault("501 5.1.3 the address is not valid");
const BAD_PARAMETER: Fault = Fault("555 5.5.4 the parameter is not supported");

/// Reads one line without its line end.
pub(super) fn parse(line: &str) -> Result<Command, Fault> {
    let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
    let argument = argument.trim();
    match verb.to_ascii_uppercase().as_str() {
        "EHLO" => host_name(argument).map(Command::Ehlo),
        "HELO" => host_name(argument).map(Command::Helo),
        "LHLO" => host_name(argument).map(Command::Lhlo),
        "STARTTLS" if argument.is_empty() => Ok(Command::StartTls),
        "STARTTLS" => Err(BAD_ARGUMENT),
        "MAIL" => mail(strip_keyword(argument, "FROM:").ok_or(BAD_ARGUMENT)?),
        "RCPT" => recipient(strip_keyword(argument, "TO:").ok_or(BAD_ARGUMENT)?),
        "DATA" if argument.is_empty() => Ok(Command::Data),
        "DATA" => Err(BAD_ARGUMENT),
        "RSET" => Ok(Command::Rset),
        "NOOP" => Ok(Command::Noop),
        "VRFY" => Ok(Command::Verify),
        "HELP" => Ok(Command::Help),
        "QUIT" => Ok(Command::Quit),
        "AUTH" | "BDAT" | "EXPN" | "ETRN" | "TURN" => Ok(Command::NotOffered),
        _ => Err(UNKNOWN),
    }
}

fn host_name(argument: &str) -> Result<String, Fault> {
    let name = argument.split_whitespace().next().unwrap_or_default();
    let valid = !name.is_empty() && name.len() <= 255 && !name.chars().any(char::is_control);
    valid.then(|| name.to_owned()).ok_or(BAD_ARGUMENT)
}

fn strip_keyword<'a>(argument: &'a str, keyword: &str) -> Option<&'a str> {
    let start = argument.get(..keyword.len())?;
    start.eq_ignore_ascii_case(keyword).then(|| argument[keyword.len()..].trim_start())
}

/// Splits `<path> parameters`; a path without brackets ends at the first space.
fn split_path(text: &str) -> Result<(&str, &str), Fault> {
    let Some(inner) = text.strip_prefix('<') else {
        return Ok(text.split_once(' ').unwrap_or((text, "")));
    };
    let mut in_quotes = false;
    let mut escaped = false;
    for (position, byte) in inner.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_quotes => escaped = true,
            b'"' => in_quotes = !in_quotes,
            b'>' if !in_quotes => return Ok((&inner[..position], inner[position + 1..].trim())),
            _ => {}
        }
    }
    Err(BAD_ADDRESS)
}

fn mail(text: &str) -> Result<Command, Fault> {
    let (path, parameters) = split_path(text)?;
    let sender = match path.trim() {
        "" if text.starts_with('<') => None,
        path => Some(normalize_address(path).ok_or(BAD_ADDRESS)?),
    };
    let (mut size, mut smtp_utf8) = (None, false);
    for parameter in parameters.split_whitespace() {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match name.to_ascii_uppercase().as_str() {
            "SIZE" => size = Some(value.parse().map_err(|_| BAD_ARGUMENT)?),
            "BODY" if ["7BIT", "8BITMIME"].iter().any(|known| value.eq_ignore_ascii_case(known)) => {}
            "SMTPUTF8" => smtp_utf8 = true,
            "AUTH" | "RET" | "ENVID" => {}
            _ => return Err(BAD_PARAMETER),
        }
    }
    Ok(Command::Mail { sender, size, smtp_utf8 })
}

fn recipient(text: &str) -> Result<Command, Fault> {
    let (path, parameters) = split_path(text)?;
    let accepted = |parameter: &str| {
        let name = parameter.split('=').next().unwrap_or_default();
        ["NOTIFY", "ORCPT"].iter().any(|known| name.eq_ignore_ascii_case(known))
    };
    if !parameters.split_whitespace().all(accepted) {
        return Err(BAD_PARAMETER);
    }
    let path = path.trim();
    // The one address that needs no domain (RFC 5321 §4.1.1.3).
    if path.eq_ignore_ascii_case("postmaster") {
        return Ok(Command::Rcpt("postmaster".to_owned()));
    }
    normalize_address(path).map(Command::Rcpt).ok_or(BAD_ADDRESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_commands_are_read() {
        assert_eq!(parse("ehlo mail.example.org"), Ok(Command::Ehlo("mail.example.org".into())));
        assert_eq!(
            parse("MAIL FROM:<a@X.org> SIZE=100 BODY=8BITMIME SMTPUTF8"),
            Ok(Command::Mail { sender: Some("a@x.org".into()), size: Some(100), smtp_utf8: true })
        );
        assert_eq!(parse("mail from: <>"), Ok(Command::Mail { sender: None, size: None, smtp_utf8: false }));
        assert_eq!(parse("RCPT TO:<\"a>b\"@x.org>"), Ok(Command::Rcpt("\"a>b\"@x.org".into())));
        assert_eq!(parse("RCPT TO:<Postmaster>"), Ok(Command::Rcpt("postmaster".into())));
        assert_eq!(parse("RCPT TO:<@relay.org:a@x.org>"), Ok(Command::Rcpt("a@x.org".into())));
    }

    #[test]
    fn faults_are_told_apart() {
        assert_eq!(parse("GET / HTTP/1.1"), Err(UNKNOWN));
        assert_eq!(parse(""), Err(UNKNOWN));
        assert_eq!(parse("MAIL TO:<a@b>"), Err(BAD_ARGUMENT));
        assert_eq!(parse("MAIL FROM:<a@b.c> FOO=1"), Err(BAD_PARAMETER));
        assert_eq!(parse("MAIL FROM:<a@b.c> SIZE=x"), Err(BAD_ARGUMENT));
        assert_eq!(parse("MAIL FROM:"), Err(BAD_ADDRESS));
        assert_eq!(parse("RCPT TO:<>"), Err(BAD_ADDRESS));
        assert_eq!(parse("RCPT TO:<a@b"), Err(BAD_ADDRESS));
        assert_eq!(parse("RCPT TO:<a b@c.d>"), Err(BAD_ADDRESS));
        assert_eq!(parse("EHLO"), Err(BAD_ARGUMENT));
    }
}

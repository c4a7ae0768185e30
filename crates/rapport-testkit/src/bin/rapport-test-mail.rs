//! Runs the mail servers of the test kit for tests that are not written in Rust.
//!
//! `rapport-test-mail --domain company.test --user support@company.test=password --forward inbox.test=127.0.0.1:2525`
//! prints one line of JSON with the ports once they answer, and ends with its standard input.

use std::io::{Read, Write};

use anyhow::{Context, Result, bail};
use rapport_testkit::mail::{Dovecot, Postfix, PostfixOptions};

fn main() -> Result<()> {
    let mut options = PostfixOptions::default();
    let mut users: Vec<(String, String)> = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().with_context(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--domain" => options.domains.push(value),
            "--user" => users.push(pair(&value)?),
            "--forward" => {
                let (domain, server) = pair(&value)?;
                options.forwards.push((domain, server.parse()?));
            }
            _ => bail!("unknown argument {name}"),
        }
    }
    let users: Vec<(&str, &str)> =
        users.iter().map(|(address, password)| (address.as_str(), password.as_str())).collect();
    let dovecot = Dovecot::start(&users)?;
    let postfix = Postfix::start(&dovecot, options)?;
    let (imap, smtp) = (dovecot.ports(), postfix.ports());
    println!(
        r#"{{"imap":{},"imaps":{},"lmtp":{},"smtp":{},"smtps":{}}}"#,
        imap.imap, imap.imaps, imap.lmtp, smtp.smtp, smtp.smtps
    );
    std::io::stdout().flush()?;
    // Whoever started this closes the pipe, or ends and thereby closes it.
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn pair(text: &str) -> Result<(String, String)> {
    let (name, value) = text.split_once('=').with_context(|| format!("{text} has no equals sign"))?;
    Ok((name.to_owned(), value.to_owned()))
}

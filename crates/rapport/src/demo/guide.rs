//! What a demo prints when it is ready: where to look and what to try.

use std::net::SocketAddr;

use rapport_domain::Role;

use super::cast::{PASSWORD, SUPPORT_ADDRESS, TEAM};
use super::state::DemoState;
use crate::console::say;

/// Where the parts of a demo ended up.
pub struct Places<'a> {
    pub url: &'a str,
    pub smtp: SocketAddr,
    /// The port that mail is usually taken in on, when somebody else has it.
    pub taken_smtp_port: Option<u16>,
}

pub fn print(places: &Places<'_>, state: &DemoState) {
    say(&lines(places, state).join("\n"));
}

fn lines(places: &Places<'_>, state: &DemoState) -> Vec<String> {
    let (url, smtp) = (places.url, places.smtp);
    let mut lines = vec![
        format!("Rapport {} with sample data is at  {url}", env!("CARGO_PKG_VERSION")),
        String::new(),
        "Log in as".to_owned(),
    ];
    for role in [Role::Admin, Role::Supervisor, Role::User, Role::ReadOnly] {
        if let Some(teammate) = TEAM.iter().find(|teammate| teammate.role == role) {
            lines.push(format!("  {:<28} {PASSWORD}   {} ({role})", teammate.email(), teammate.name));
        }
    }
    lines.extend([
        String::new(),
        format!("Play a customer by email           {url}/demo"),
        format!("Chat as a visitor of the shop      {url}/demo/shop"),
        format!("API documentation                  {url}/api/docs"),
        format!("API token                          {}", state.api_token),
        format!("  curl -H 'Authorization: Bearer {}' '{url}/api/v1/conversations?limit=3'", state.api_token),
        format!("Mail for {SUPPORT_ADDRESS} is taken in by SMTP on {smtp}{}", taken(places)),
        format!(
            "  swaks --server {smtp} --from jo@example.org --to {SUPPORT_ADDRESS} --header 'Subject: Hello' --body 'Is it warm?'"
        ),
        "Answers to bounce@, unknown@, full@, greylist@, slow@ and cut@example.org show what can go wrong.".to_owned(),
        String::new(),
        "Everything stays on this machine. Press Ctrl-C to stop.".to_owned(),
    ]);
    lines
}

fn taken(places: &Places<'_>) -> String {
    places.taken_smtp_port.map(|port| format!(" (port {port} is taken)")).unwrap_or_default()
}

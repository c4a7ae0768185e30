//! What whoever runs the server does from its command line: workspaces, users and tokens.

use std::io::{BufRead, IsTerminal};

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use rapport_domain::Role;
use rapport_engine::{Engine, Error};
use serde::Serialize;

use crate::config::Settings;
use crate::console::say;
use crate::wiring;

#[derive(Subcommand)]
#[allow(clippy::enum_variant_names, reason = "the verbs are called what one types")]
pub enum Verb {
    /// Create a workspace.
    CreateWorkspace {
        #[arg(long)]
        name: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Create a user.
    CreateUser {
        /// Id or exact name of the workspace.
        #[arg(long)]
        workspace: String,
        #[arg(long)]
        email: String,
        /// What the user is called; the part of the email before the @ unless given.
        #[arg(long)]
        name: Option<String>,
        /// admin, supervisor, user or read-only.
        #[arg(long, default_value = "user", value_parser = parse_role)]
        role: Role,
        /// Asked for, or read as one line from standard input, when it is absent.
        #[arg(long)]
        password: Option<String>,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Set another password for a user, and end all their sessions.
    SetPassword {
        /// Id or exact name of the workspace.
        #[arg(long)]
        workspace: String,
        #[arg(long)]
        email: String,
        /// Asked for, or read as one line from standard input, when it is absent.
        #[arg(long)]
        password: Option<String>,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Create an API token with all the rights of a user; it is shown once.
    CreateToken {
        /// Id or exact name of the workspace.
        #[arg(long)]
        workspace: String,
        /// Whose token it is.
        #[arg(long)]
        email: String,
        /// What the token is for.
        #[arg(long, default_value = "Command line")]
        name: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

pub async fn run(settings: &Settings, verb: Verb) -> Result<()> {
    let password = match &verb {
        Verb::CreateUser { password: None, .. } | Verb::SetPassword { password: None, .. } => {
            Some(read_password()?)
        }
        Verb::CreateUser { password, .. } | Verb::SetPassword { password, .. } => password.clone(),
        _ => None,
    };
    let (foundation, _lock) = wiring::open_for_command(settings).await?;
    let engine = foundation.engine();
    let outcome = carry_out(&engine, verb, password.as_deref().unwrap_or_default()).await;
    engine.store().shutdown().await;
    outcome
}

async fn carry_out(engine: &Engine, verb: Verb, password: &str) -> Result<()> {
    match verb {
        Verb::CreateWorkspace { name, json } => {
            let created = engine.create_workspace(&name).await.map_err(explain)?;
            let line = format!("Created the workspace {} ({}).", created.name, created.id);
            show(&created, json, &line)
        }
        Verb::CreateUser { workspace, email, name, role, json, .. } => {
            let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
            let created =
                engine.create_user(&workspace, &email, &name, password, role).await.map_err(explain)?;
            let line =
                format!("Created {} ({}), who is {role} and logs in as {email}.", created.name, created.id);
            show(&created, json, &line)
        }
        Verb::SetPassword { workspace, email, json, .. } => {
            let user = engine.set_password(&workspace, &email, password).await.map_err(explain)?;
            let line = format!("{} logs in as {email} with the new password.", user.name);
            show(&user, json, &line)
        }
        Verb::CreateToken { workspace, email, name, json } => {
            let created = engine.create_token_for(&workspace, &email, &name).await.map_err(explain)?;
            let token = created.token.as_deref().unwrap_or_default();
            show(&created, json, token)
        }
    }
}

fn show(created: &impl Serialize, json: bool, line: &str) -> Result<()> {
    if json {
        say(&serde_json::to_string(created)?);
    } else {
        say(line);
    }
    Ok(())
}

fn parse_role(text: &str) -> Result<Role, String> {
    // The API spells it with an underscore, a command line with a hyphen.
    Role::parse(&text.replace('-', "_")).ok_or_else(|| "one of admin, supervisor, user, read-only".to_owned())
}

fn read_password() -> Result<String> {
    if std::io::stdin().is_terminal() {
        let first = rpassword::prompt_password("Password: ")?;
        if rpassword::prompt_password("Again: ")? != first {
            bail!("the two passwords differ");
        }
        return Ok(first);
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("no password can be read from standard input")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("--password: is missing — give it, or write it on standard input");
    }
    Ok(password.to_owned())
}

/// The reason in words; fields are named as the flags are.
fn explain(error: Error) -> anyhow::Error {
    match error {
        Error::Validation(errors) => {
            let lines: Vec<String> =
                errors.iter().map(|error| format!("--{}: {}", error.field, error.message)).collect();
            anyhow::anyhow!("{}", lines.join(" "))
        }
        Error::NotFound => anyhow::anyhow!("there is no such workspace, or no such active user in it"),
        other => other.into(),
    }
}

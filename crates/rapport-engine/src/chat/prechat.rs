//! The questions that a widget asks before the chat begins.

use std::collections::BTreeMap;

use rapport_domain::{email_address, text};
use rapport_store::visitor::Visitor;

use super::fields::{self, VisitorFields, clean_name};
use super::{ChatError, Visit, VisitorView};
use crate::channel_account::{ChatConfig, PreChatField, PreChatFieldKind};
use crate::{Engine, Error, FieldError};

const MAX_ANSWER_CHARACTERS: usize = 500;
const NAME: &str = "name";
const EMAIL: &str = "email";

impl Engine {
    /// Keeps the answers of the form, or says field by field what is wrong with them.
    pub async fn chat_pre_chat(
        &self,
        visit: &Visit,
        answers: BTreeMap<String, String>,
    ) -> Result<VisitorView, ChatError> {
        let (engine, visit_) = (self.clone(), visit.clone());
        let view = self
            .write(&visit.workspace, visit.visitor.id.as_str(), move |tx| {
                let mut visitor = rapport_store::visitor::find_for_update(tx, &visit_.visitor.id)?
                    .ok_or(Error::NotFound)?;
                let mut fields = VisitorFields::of(&visitor)?;
                take_answers(&visit_.account.config, &visitor, &mut fields, &answers)?;
                fields.store_in(&mut visitor)?;
                visitor.last_seen_at = engine.now();
                if let Some(contact) = &visitor.contact_id
                    && let Some(contact) = rapport_store::contact::find(tx, contact)?
                {
                    fields::tell_contact(tx, &engine, &visitor, &fields, contact)?;
                }
                rapport_store::visitor::save(tx, &visitor)?;
                Ok(fields::view(&visitor, &fields, &visit_.account.config))
            })
            .await?;
        Ok(view)
    }
}

/// Whether there is nothing left to ask.
pub(super) fn is_done(config: &ChatConfig, visitor: &Visitor, fields: &VisitorFields) -> bool {
    let identified = visitor.identity.is_some()
        && config
            .pre_chat_fields
            .iter()
            .all(|field| matches!(field.name.as_str(), NAME | EMAIL) && has(fields, field));
    let asked = fields.answered || identified || config.pre_chat_fields.is_empty();
    asked && !is_missing_answers(config, fields)
}

/// Whether a question that has to be answered was not.
pub(super) fn is_missing_answers(config: &ChatConfig, fields: &VisitorFields) -> bool {
    config.pre_chat_fields.iter().any(|field| field.required && !has(fields, field))
}

fn has(fields: &VisitorFields, field: &PreChatField) -> bool {
    match field.name.as_str() {
        NAME => fields.name.is_some(),
        EMAIL => fields.email.is_some(),
        other => fields.answers.contains_key(other),
    }
}

fn take_answers(
    config: &ChatConfig,
    visitor: &Visitor,
    fields: &mut VisitorFields,
    answers: &BTreeMap<String, String>,
) -> Result<(), Error> {
    let mut errors = Vec::new();
    for name in answers.keys() {
        if !config.pre_chat_fields.iter().any(|field| field.name == *name) {
            errors.push(error(name, "unknown_field", "This is not a field of the form."));
        }
    }
    for field in &config.pre_chat_fields {
        let answer = answers.get(&field.name).map(|answer| answer.trim()).unwrap_or_default();
        if answer.is_empty() {
            // What a signed identity brought is not asked again.
            let brought = visitor.identity.is_some() && has(fields, field);
            if field.required && !brought {
                errors.push(error(&field.name, "required", "This field is required."));
            }
            continue;
        }
        match clean(field, answer) {
            Ok(answer) => keep(fields, field, answer),
            Err((code, message)) => errors.push(error(&field.name, code, message)),
        }
    }
    if !errors.is_empty() {
        return Err(Error::Validation(errors));
    }
    fields.answered = true;
    Ok(())
}

fn keep(fields: &mut VisitorFields, field: &PreChatField, answer: String) {
    match field.name.as_str() {
        NAME => fields.set(Some(answer), None),
        EMAIL => fields.set(None, Some(answer)),
        other => {
            let known = fields.answers.insert(other.to_owned(), answer.clone());
            fields.untold |= known != Some(answer);
        }
    }
}

fn clean(field: &PreChatField, answer: &str) -> Result<String, (&'static str, &'static str)> {
    let is_email = field.kind == PreChatFieldKind::Email || field.name == EMAIL;
    if is_email {
        return email_address::normalise(answer).ok_or(("invalid", "This is not an email address."));
    }
    if field.kind == PreChatFieldKind::Choice {
        let offered = field.choices.iter().any(|choice| choice == answer);
        return if offered {
            Ok(answer.to_owned())
        } else {
            Err(("invalid", "This is not one of the choices."))
        };
    }
    if answer.chars().count() > MAX_ANSWER_CHARACTERS {
        return Err(("too_long", "This is too long."));
    }
    let cleaned = match field.name.as_str() {
        NAME => clean_name(answer),
        _ => Some(text::single_line(answer, MAX_ANSWER_CHARACTERS)).filter(|answer| !answer.is_empty()),
    };
    cleaned.ok_or(("invalid", "There is nothing to read here."))
}

fn error(name: &str, code: &'static str, message: &str) -> FieldError {
    FieldError { field: format!("fields.{name}"), code, message: message.to_owned() }
}

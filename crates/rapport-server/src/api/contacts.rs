//! `/api/v1/contacts`: the people outside.

use axum::Json;
use axum::extract::State;
use rapport_domain::model::{Contact, Conversation};
use rapport_domain::{AddressKind, ContactId, ConversationId, Timestamp};
use rapport_engine::Error;
use rapport_engine::contact::{ContactChange, NewAddress, NewContact};
use rapport_store::conversation_list::{Position, Sort, position_of};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::fields::nullable;
use super::page::{Page, Paging};
use super::{Answer, Created, created, ok};
use crate::cursor;
use crate::extract::{Allowed, Command, Id, Params, Repeatable, needs, page_limit};
use crate::state::AppState;

/// What the cursors of the list of contacts belong to.
const LIST: &str = "contacts";

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "email", "value": "maria@customer.example"}))]
pub struct AddressBody {
    kind: AddressKind,
    value: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"display_name": "Maria", "addresses": [{"kind": "email", "value": "maria@customer.example"}]}))]
pub struct NewContactBody {
    display_name: Option<String>,
    #[serde(default)]
    addresses: Vec<AddressBody>,
    company: Option<String>,
    city: Option<String>,
    country: Option<String>,
    language: Option<String>,
    /// The id of the person in your own system.
    external_id: Option<String>,
}

/// What to change; absent fields stay, null clears.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"company": "Customer Ltd"}))]
pub struct ContactBody {
    display_name: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    company: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    city: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    country: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    language: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    external_id: Option<Option<String>>,
    /// Refuse with 409 when the contact has another version.
    expected_version: Option<i64>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ContactQuery {
    /// Beginnings of words of the name, company or addresses; each must match. Accents and capitals make no
    /// difference, nor does the way in which a phone number or a domain in another script is written.
    q: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    cursor: Option<String>,
}

/// List contacts
///
/// Those that changed last come first.
#[utoipa::path(get, path = "/api/v1/contacts", operation_id = "list_contacts", tag = "contacts", params(ContactQuery),
    responses((status = 200, body = Page<Contact>)))]
pub async fn list(
    State(state): State<AppState>,
    caller: Allowed<needs::ContactRead>,
    Params(query): Params<ContactQuery>,
) -> Answer<Page<Contact>> {
    let limit = page_limit(query.limit)?;
    let after = query.cursor.as_deref().map(after_contact).transpose()?;
    let text = query.q.filter(|text| !text.trim().is_empty());
    let mut data = state.engine().list_contacts(&caller, text, after, limit + 1).await?;
    let more = data.len() as i64 > limit;
    data.truncate(limit as usize);
    let next_cursor = data.last().filter(|_| more).map(|contact| {
        cursor::encode(LIST, [&contact.updated_at.as_millis().to_string(), contact.id.as_str()])
    });
    Ok(Json(Page { data, next_cursor }))
}

fn after_contact(text: &str) -> Result<(Timestamp, ContactId), Error> {
    let [at, id] = cursor::decode::<2>(LIST, text)?;
    let id = ContactId::parse(&id).ok_or_else(cursor::invalid)?;
    Ok((Timestamp::from_millis(cursor::number(&at)?), id))
}

/// Create a contact
///
/// 409 `address_in_use` with the contact that has one of the addresses.
#[utoipa::path(post, path = "/api/v1/contacts", operation_id = "create_contact", tag = "contacts",
    params(Repeatable), request_body = NewContactBody, responses((status = 201, body = Contact)))]
pub async fn create(
    State(state): State<AppState>,
    caller: Allowed<needs::ContactEdit>,
    command: Command<NewContactBody>,
) -> Created<Contact> {
    let caller = command.caller(&caller);
    let body = command.body;
    let new = NewContact {
        display_name: body.display_name,
        addresses: body.addresses.into_iter().map(new_address).collect(),
        company: body.company,
        city: body.city,
        country: body.country,
        language: body.language,
        external_id: body.external_id,
    };
    created(state.engine().create_contact(&caller, new).await)
}

fn new_address(body: AddressBody) -> NewAddress {
    NewAddress { kind: body.kind, value: body.value }
}

/// Show a contact
#[utoipa::path(get, path = "/api/v1/contacts/{id}", operation_id = "show_contact", tag = "contacts",
    params(("id" = ContactId, Path)), responses((status = 200, body = Contact)))]
pub async fn show(
    State(state): State<AppState>,
    caller: Allowed<needs::ContactRead>,
    Id(id): Id<ContactId>,
) -> Answer<Contact> {
    ok(state.engine().find_contact(&caller, &id).await)
}

/// Change a contact
#[utoipa::path(patch, path = "/api/v1/contacts/{id}", operation_id = "change_contact", tag = "contacts",
    params(("id" = ContactId, Path), Repeatable), request_body = ContactBody, responses((status = 200, body = Contact)))]
pub async fn change(
    State(state): State<AppState>,
    caller: Allowed<needs::ContactEdit>,
    Id(id): Id<ContactId>,
    command: Command<ContactBody>,
) -> Answer<Contact> {
    let caller = command.caller(&caller);
    let body = command.body;
    let change = ContactChange {
        display_name: body.display_name,
        company: body.company,
        city: body.city,
        country: body.country,
        language: body.language,
        external_id: body.external_id,
        expected_version: body.expected_version,
    };
    ok(state.engine().edit_contact(&caller, &id, change).await)
}

/// Add an address to a contact
#[utoipa::path(post, path = "/api/v1/contacts/{id}/addresses", operation_id = "add_contact_address", tag = "contacts",
    params(("id" = ContactId, Path), Repeatable), request_body = AddressBody, responses((status = 201, body = Contact)))]
pub async fn add_address(
    State(state): State<AppState>,
    caller: Allowed<needs::ContactEdit>,
    Id(id): Id<ContactId>,
    command: Command<AddressBody>,
) -> Created<Contact> {
    let caller = command.caller(&caller);
    created(state.engine().add_contact_address(&caller, &id, new_address(command.body)).await)
}

/// List all conversations with a contact
#[utoipa::path(get, path = "/api/v1/contacts/{id}/conversations", operation_id = "list_conversations_of_contact",
    tag = "contacts", params(("id" = ContactId, Path), Paging),
    responses((status = 200, body = Page<Conversation>)))]
pub async fn conversations(
    State(state): State<AppState>,
    caller: Allowed<needs::ContactRead>,
    Id(id): Id<ContactId>,
    Params(paging): Params<Paging>,
) -> Answer<Page<Conversation>> {
    let limit = paging.limit()?;
    let list = format!("conversations of {id}");
    let after = paging.cursor.as_deref().map(|cursor| position(&list, cursor)).transpose()?;
    let mut data = state.engine().list_conversations_of_contact(&caller, &id, after, limit + 1).await?;
    let more = data.len() as i64 > limit;
    data.truncate(limit as usize);
    let next_cursor = data
        .last()
        .filter(|_| more)
        .map(|conversation| position_cursor(&list, &position_of(conversation, Sort::LastActivity)));
    Ok(Json(Page { data, next_cursor }))
}

/// Where a list of conversations goes on.
pub fn position_cursor(list: &str, position: &Position) -> String {
    cursor::encode(list, [&position.key.to_string(), position.id.as_str()])
}

pub fn position(list: &str, text: &str) -> Result<Position, Error> {
    let [key, id] = cursor::decode::<2>(list, text)?;
    let id = ConversationId::parse(&id).ok_or_else(cursor::invalid)?;
    Ok(Position { key: cursor::number(&key)?, id })
}

//! The frames of the event stream: each event of the log with what it carries, and what is not kept.

use rapport_domain::model::Viewer;
use rapport_domain::{ConversationId, Timestamp, UserId};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::answers::reference;

/// What the stream sends beside the events of the log, by the name of the frame. These have no `id` and are not kept.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes frames, which are written where things happen")]
pub struct Signals {
    /// The first frame: the newest event of the log.
    hello: LogPosition,
    /// The number that was asked for is not in this log: load everything anew.
    resync_required: LogPosition,
    #[schema(rename = "presence.changed")]
    presence_changed: PresenceChanged,
    #[schema(rename = "contact.typing")]
    contact_typing: ContactTyping,
    #[schema(rename = "user.online")]
    user_online: UserOnline,
}

#[derive(ToSchema)]
#[allow(dead_code, reason = "describes a frame")]
pub struct LogPosition {
    seq: i64,
}

#[derive(ToSchema)]
#[allow(dead_code, reason = "describes a frame")]
pub struct PresenceChanged {
    conversation_id: ConversationId,
    viewer: Viewer,
}

#[derive(ToSchema)]
#[allow(dead_code, reason = "describes a frame")]
pub struct ContactTyping {
    conversation_id: ConversationId,
    until: Timestamp,
}

#[derive(ToSchema)]
#[allow(dead_code, reason = "describes a frame")]
pub struct UserOnline {
    user_id: UserId,
    online: bool,
}

/// Makes `EventEnvelope` a choice among the events, each with the name and the data that belong together.
pub fn describe(document: &mut Value) {
    let schemas = &mut document["components"]["schemas"];
    let Some(Value::Object(mut head)) = schemas.as_object_mut().and_then(|all| all.remove("EventEnvelope"))
    else {
        return;
    };
    let description = head.remove("description");
    if let Some(Value::Object(fields)) = head.get_mut("properties") {
        fields.retain(|name, _| !["name", "data"].contains(&name.as_str()));
    }
    if let Some(Value::Array(required)) = head.get_mut("required") {
        required.retain(|name| name != "name" && name != "data");
    }
    share_conversations(schemas);
    explain_links(schemas);
    let data = schemas["Event"]["oneOf"].as_array().cloned().unwrap_or_default();
    let envelopes: Vec<Value> = data.into_iter().map(envelope).collect();
    schemas["EventHead"] = head.into();
    schemas["EventEnvelope"] = json!({"description": description, "oneOf": envelopes});
    if let Some(all) = schemas.as_object_mut() {
        all.remove("Event");
    }
}

/// Events are the same for everybody, so their conversations are without what differs from reader to reader.
fn share_conversations(schemas: &mut Value) {
    let mut shared = schemas["Conversation"].clone();
    shared["description"] =
        "A conversation as events carry it: without what differs from reader to reader.".into();
    if let Some(properties) = shared["properties"].as_object_mut() {
        properties.retain(|name, _| !["unread_count", "draft"].contains(&name.as_str()));
    }
    schemas["SharedConversation"] = shared;
    if let Some(required) = schemas["Conversation"]["required"].as_array_mut() {
        required.push("unread_count".into());
    }
    for data in schemas["Event"]["oneOf"].as_array_mut().into_iter().flatten() {
        if let Some(conversation) = data.pointer_mut("/properties/conversation") {
            *conversation = reference("SharedConversation");
        }
    }
}

/// A reference says only what may stand there, not of whom it is said.
fn explain_links(schemas: &mut Value) {
    for data in schemas["Event"]["oneOf"].as_array_mut().into_iter().flatten() {
        if data["title"] == "conversation.linked" {
            data["properties"]["direction"]["description"] =
                "What `other` is to this conversation: a follow-up is the child of what it follows.".into();
        }
    }
}

fn envelope(mut data: Value) -> Value {
    let name = data.as_object_mut().and_then(|fields| fields.remove("title"));
    json!({"title": name, "allOf": [reference("EventHead"), {
        "type": "object",
        "required": ["name", "data"],
        "properties": {"name": {"type": "string", "enum": [name]}, "data": data},
    }]})
}

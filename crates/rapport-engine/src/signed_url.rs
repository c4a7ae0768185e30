//! Paths that open a file or a remote image for one reader and a limited time, without a cookie.
//! A path is no authority of its own: whoever it was made for must still be allowed to see the file.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use bytes::Bytes;
use rapport_channels::file::may_show_inline;
use rapport_domain::model::{Attachment, Message, UserReference};
use rapport_domain::{AttachmentId, Channel, MessageKind, Timestamp, UserId, VisitorId, WorkspaceId};
use rapport_store::Tx;
use rapport_store::message::StoredAttachment;

use crate::attachment::MAX_PER_MESSAGE;
use crate::{Caller, Engine, Error, access};

/// A path lives between one and two of these. It stays the same within one, so that browsers can cache.
const HOUR_MILLIS: i64 = 3_600_000;
const MAX_TOKEN_BYTES: usize = 8 * 1024;
const MAX_IMAGE_URL_BYTES: usize = 4 * 1024;
const SEPARATOR: char = '\n';

/// Whom a path is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reader {
    User(UserId),
    Visitor(VisitorId),
}

impl Reader {
    fn as_str(&self) -> &str {
        match self {
            Reader::User(id) => id.as_str(),
            Reader::Visitor(id) => id.as_str(),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        UserId::parse(text).map(Reader::User).or_else(|| VisitorId::parse(text).map(Reader::Visitor))
    }
}

/// A file that may be shown to who asked.
#[derive(Clone, Debug)]
pub struct OpenedFile {
    pub attachment: Attachment,
    pub bytes: Bytes,
}

/// What a path was signed for.
struct Grant {
    workspace: WorkspaceId,
    reader: Reader,
    subject: String,
}

#[derive(Clone, Copy)]
enum Purpose {
    File,
    Image,
}

impl Purpose {
    const fn word(self) -> &'static str {
        match self {
            Purpose::File => "file",
            Purpose::Image => "image",
        }
    }
}

impl Engine {
    /// The path of an attachment: `/files/…`.
    pub fn attachment_path(&self, workspace: &WorkspaceId, reader: &Reader, id: &AttachmentId) -> String {
        format!("/files/{}", self.sign_path(Purpose::File, workspace, reader, id.as_str()))
    }

    /// The path that fetches a remote image for a teammate: `/images/…`. The image's server learns nothing of them.
    pub fn image_path(&self, workspace: &WorkspaceId, reader: &Reader, url: &str) -> String {
        format!("/images/{}", self.sign_path(Purpose::Image, workspace, reader, url))
    }

    /// Fills in the paths of the attachments of a message, also where its HTML shows them.
    pub fn sign_message(&self, workspace: &WorkspaceId, reader: &Reader, message: &mut Message) {
        for attachment in &mut message.attachments {
            self.sign_attachment(workspace, reader, attachment);
        }
        if let Some(html) = &mut message.body_html {
            for attachment in &message.attachments {
                if let Some(content_id) = &attachment.content_id {
                    let reference = format!("\"cid:{}\"", escape_attribute(content_id));
                    if may_show_inline(&attachment.media_type) {
                        *html = html.replace(&reference, &format!("\"{}\"", attachment.url));
                    }
                }
            }
        }
    }

    /// The message as this caller may see it.
    pub fn signed_for(&self, caller: &Caller, mut message: Message) -> Message {
        self.sign_message(&caller.workspace, &Reader::User(caller.user_id().clone()), &mut message);
        message
    }

    pub fn sign_attachment(&self, workspace: &WorkspaceId, reader: &Reader, attachment: &mut Attachment) {
        attachment.url = self.attachment_path(workspace, reader, &attachment.id);
        attachment.preview_url = may_show_inline(&attachment.media_type).then(|| attachment.url.clone());
    }

    /// Those of these files that the caller uploaded and that wait for a message, with their paths.
    pub async fn list_uploads(
        &self,
        caller: &Caller,
        ids: &[AttachmentId],
    ) -> Result<Vec<Attachment>, Error> {
        let (ids, uploader) = (ids.to_vec(), caller.user_id().as_str().to_owned());
        let mut uploads = self
            .read(&caller.workspace, move |tx| {
                let mut uploads = Vec::with_capacity(ids.len().min(MAX_PER_MESSAGE));
                for id in ids.iter().take(MAX_PER_MESSAGE) {
                    let stored = rapport_store::message::find_attachment(tx, id)?;
                    let waiting = stored.filter(|stored| {
                        stored.message_id.is_none()
                            && stored.uploaded_by.as_deref() == Some(uploader.as_str())
                    });
                    uploads.extend(waiting.map(|stored| stored.attachment));
                }
                Ok(uploads)
            })
            .await?;
        let reader = Reader::User(caller.user_id().clone());
        for upload in &mut uploads {
            self.sign_attachment(&caller.workspace, &reader, upload);
        }
        Ok(uploads)
    }

    /// Lets the remote images of a message load through our proxy.
    pub fn show_remote_images(&self, workspace: &WorkspaceId, reader: &Reader, message: &mut Message) {
        let Some(html) = &message.body_html else { return };
        message.body_html = Some(with_image_paths(html, |url| {
            (url.len() <= MAX_IMAGE_URL_BYTES).then(|| self.image_path(workspace, reader, url))
        }));
    }

    /// The file that a path is for. Forged, expired, foreign and revoked ones all are `Error::NotFound`.
    pub async fn open_file(&self, token: &str) -> Result<OpenedFile, Error> {
        let grant = self.verify_path(Purpose::File, token).ok_or(Error::NotFound)?;
        let id = AttachmentId::parse(&grant.subject).ok_or(Error::NotFound)?;
        let workspace = grant.workspace.clone();
        let stored = self.read(&workspace, move |tx| visible_attachment(tx, &grant, &id)).await?;
        let bytes = self.blobs().get(&stored.blob_key).await?.ok_or(Error::NotFound)?;
        Ok(OpenedFile { attachment: stored.attachment, bytes })
    }

    /// The address of the remote image that a path is for.
    pub async fn open_image(&self, token: &str) -> Result<String, Error> {
        let grant = self.verify_path(Purpose::Image, token).ok_or(Error::NotFound)?;
        let workspace = grant.workspace.clone();
        self.read(&workspace, move |tx| match &grant.reader {
            Reader::User(user) => active_caller(tx, user).map(|_| grant.subject.clone()),
            Reader::Visitor(_) => Err(Error::NotFound),
        })
        .await
    }

    fn sign_path(&self, purpose: Purpose, workspace: &WorkspaceId, reader: &Reader, subject: &str) -> String {
        let hour = self.now().as_millis().div_euclid(HOUR_MILLIS) + 2;
        let fields = [purpose.word(), workspace.as_str(), reader.as_str(), &hour.to_string(), subject];
        let text = fields.join(&SEPARATOR.to_string());
        format!("{}.{}", BASE64.encode(&text), self.keys().sign(&text))
    }

    fn verify_path(&self, purpose: Purpose, token: &str) -> Option<Grant> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let (text, signature) = token.split_once('.')?;
        let text = String::from_utf8(BASE64.decode(text).ok()?).ok()?;
        if !self.keys().verify(&text, signature) {
            return None;
        }
        let mut fields = text.splitn(5, SEPARATOR);
        let word = fields.next()?;
        let workspace = WorkspaceId::parse(fields.next()?)?;
        let reader = Reader::parse(fields.next()?)?;
        let hour: i64 = fields.next()?.parse().ok()?;
        let expires_at = Timestamp::from_millis(hour.checked_mul(HOUR_MILLIS)?);
        let subject = fields.next()?.to_owned();
        (word == purpose.word() && self.now() < expires_at).then_some(Grant { workspace, reader, subject })
    }
}

/// The person as a caller with their present rights.
fn active_caller(tx: &mut Tx<'_>, user: &UserId) -> Result<Caller, Error> {
    let user = rapport_store::user::find(tx, user)?.filter(|user| user.active).ok_or(Error::NotFound)?;
    Ok(Caller {
        workspace: tx.workspace().clone(),
        user: UserReference { id: user.id, name: user.name },
        role: user.role,
        session: None,
        token: None,
        scopes: Vec::new(),
        idempotency: None,
    })
}

fn visible_attachment(tx: &mut Tx<'_>, grant: &Grant, id: &AttachmentId) -> Result<StoredAttachment, Error> {
    let stored = rapport_store::message::find_attachment(tx, id)?.ok_or(Error::NotFound)?;
    let visible = match (&grant.reader, &stored.message_id) {
        // Until a message takes it, an upload is its uploader's alone.
        (Reader::User(user), None) => {
            active_caller(tx, user)?;
            stored.uploaded_by.as_deref() == Some(user.as_str())
        }
        (Reader::User(user), Some(message)) => {
            let caller = active_caller(tx, user)?;
            let found = rapport_store::message::find(tx, message)?.ok_or(Error::NotFound)?;
            access::conversation(tx, &caller, &found.message.conversation_id).map_err(|_| Error::NotFound)?;
            true
        }
        (Reader::Visitor(visitor), None) => {
            rapport_store::visitor::find(tx, visitor)?.ok_or(Error::NotFound)?;
            stored.uploaded_by.as_deref() == Some(visitor.as_str())
        }
        (Reader::Visitor(visitor), Some(message)) => {
            let found = rapport_store::message::find(tx, message)?.ok_or(Error::NotFound)?.message;
            let visitor = rapport_store::visitor::find(tx, visitor)?.ok_or(Error::NotFound)?;
            let shares_thread = found.kind == MessageKind::Message
                && found.channel == Channel::Chat
                && found.channel_account_id.as_ref() == Some(&visitor.channel_account_id);
            shares_thread && visitor_takes_part(tx, &visitor, &found)?
        }
    };
    if visible { Ok(stored) } else { Err(Error::NotFound) }
}

/// Whether the visitor's own address, and not only their contact, is part of the conversation.
fn visitor_takes_part(
    tx: &mut Tx<'_>,
    visitor: &rapport_store::visitor::Visitor,
    message: &Message,
) -> Result<bool, Error> {
    let Some(contact) = &visitor.contact_id else { return Ok(false) };
    let address = rapport_store::contact::list_addresses(tx, contact)?
        .into_iter()
        .find(|address| address.value == visitor.id.as_str());
    match address {
        Some(address) => {
            Ok(rapport_store::conversation::has_address(tx, &message.conversation_id, &address.id)?)
        }
        None => Ok(false),
    }
}

fn escape_attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

fn unescape_attribute(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&nbsp;", "\u{a0}")
        .replace("&amp;", "&")
}

/// Replaces each `data-remote-src="…"` of sanitised HTML by a `src` of ours, or drops it.
fn with_image_paths(html: &str, path_of: impl Fn(&str) -> Option<String>) -> String {
    const ATTRIBUTE: &str = " data-remote-src=\"";
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    // A quote inside a text or attribute is escaped by the sanitiser in attributes only, so the pattern may stand in
    // a text as well; there it becomes a harmless other text.
    while let Some((before, after)) = rest.split_once(ATTRIBUTE) {
        out.push_str(before);
        let Some((url, after)) = after.split_once('"') else {
            out.push_str(ATTRIBUTE);
            rest = after;
            continue;
        };
        if let Some(path) = path_of(&unescape_attribute(url)) {
            out.push_str(" src=\"");
            out.push_str(&path);
            out.push('"');
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remote_images_get_paths_of_ours_and_nothing_else_changes() {
        let html = r#"<p>Hi</p><img alt="x" data-remote-src="https://a.example/i.png?a=1&amp;b=2"><img src="cid:1">"#;
        let shown = with_image_paths(html, |url| Some(format!("/images/{}", url.len())));
        assert_eq!(shown, r#"<p>Hi</p><img alt="x" src="/images/31"><img src="cid:1">"#);
        assert_eq!(with_image_paths(html, |_| None), r#"<p>Hi</p><img alt="x"><img src="cid:1">"#);
    }

    #[test]
    fn an_attribute_cut_short_is_left_alone() {
        let html = r#"<img data-remote-src="https://a.example"#;
        assert_eq!(with_image_paths(html, |_| Some("/images/1".into())), html);
    }
}

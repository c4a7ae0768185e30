//! What composed mail looks like on the wire.

use super::*;
use crate::email::types::{ListUnsubscribe, ParseContext, ParsedEmail};
use crate::email::{AttachmentKind, AutoKind, parse};

fn message() -> OutgoingEmail {
    OutgoingEmail {
        from: EmailAddress::named("Support, Inc.", "support@ours.example"),
        to: vec![EmailAddress::named("Jörg", "joerg@example.org")],
        cc: vec![],
        reply_to: Some(EmailAddress::new("reply+token@ours.example")),
        subject: "Größe".into(),
        message_id: "cnv_1.msg_1@ours.example".into(),
        in_reply_to: Some("parent@example.org".into()),
        references: vec!["root@example.org".into(), "parent@example.org".into()],
        date: "2025-03-03T09:15:00Z".parse().unwrap(),
        text: "Hello\n.\n\nÄrger\n".into(),
        html: None,
        attachments: vec![],
        automatic: OutgoingAutomatic::No,
        loop_account: "acc_1".into(),
        list_unsubscribe: None,
    }
}

fn composed(message: &OutgoingEmail) -> (String, ParsedEmail) {
    let bytes = compose(message).unwrap();
    let email = parse(&bytes, &ParseContext::default());
    (String::from_utf8(bytes).unwrap(), email)
}

fn header_names(raw: &str) -> Vec<String> {
    let head = raw.split("\r\n\r\n").next().unwrap();
    head.split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split(':').next().unwrap().to_owned())
        .collect()
}

#[test]
fn what_is_composed_is_what_is_read_back() {
    let (raw, email) = composed(&message());
    assert_eq!(email.from, Some(message().from));
    assert_eq!(email.to, message().to);
    assert_eq!(email.reply_to, [EmailAddress::new("reply+token@ours.example")]);
    assert_eq!(email.subject, "Größe");
    assert_eq!(email.message_id, "cnv_1.msg_1@ours.example");
    assert_eq!(email.in_reply_to, ["parent@example.org"]);
    assert_eq!(email.references, message().references);
    assert_eq!(email.text, "Hello\n.\n\nÄrger");
    assert_eq!(email.date, Some(message().date));
    assert_eq!(email.loop_account.as_deref(), Some("acc_1"));
    assert!(raw.is_ascii());
    assert!(!raw.contains("Auto-Submitted") && !raw.contains("Bcc"));
    assert_eq!(compose(&message()).unwrap(), raw.as_bytes());
}

#[test]
fn html_images_and_files_are_nested_as_they_should_be() {
    let mut outgoing = message();
    outgoing.html = Some("<p>Hi <img src=\"cid:logo@ours\"></p>".into());
    outgoing.attachments = vec![
        OutgoingAttachment {
            file_name: "logo.png".into(),
            media_type: "image/png".into(),
            content_id: Some("logo@ours".into()),
            bytes: b"\x89PNG\r\n\x1a\n".to_vec(),
        },
        OutgoingAttachment {
            file_name: "Rechnung März \u{1f600}.pdf".into(),
            media_type: "application/pdf".into(),
            content_id: None,
            bytes: b"%PDF-1.4".to_vec(),
        },
        OutgoingAttachment {
            file_name: "mail.eml".into(),
            media_type: "message/rfc822".into(),
            content_id: None,
            bytes: b"Subject: x\r\n\r\ny".to_vec(),
        },
    ];
    let (raw, email) = composed(&outgoing);
    let order: Vec<usize> = ["multipart/mixed", "multipart/alternative", "multipart/related"]
        .iter()
        .map(|kind| raw.find(kind).unwrap())
        .collect();
    assert!(order.is_sorted());
    assert_eq!(email.html, outgoing.html);
    assert_eq!(email.attachments.len(), 3);
    assert!(email.attachments[0].inline && email.attachments[0].content_id.as_deref() == Some("logo@ours"));
    assert_eq!(email.attachments[1].file_name, "Rechnung März \u{1f600}.pdf");
    assert_eq!(email.attachments[2].bytes, b"Subject: x\r\n\r\ny");
    assert_eq!(email.attachments[2].kind, AttachmentKind::File);
}

#[test]
fn automatic_messages_say_so() {
    let mut outgoing = message();
    outgoing.automatic = OutgoingAutomatic::AutoReplied;
    outgoing.list_unsubscribe = Some(ListUnsubscribe {
        https_url: "https://ours.example/u/1".into(),
        mailto: Some("mailto:unsub+1@ours.example".into()),
    });
    let (raw, email) = composed(&outgoing);
    for line in [
        "Auto-Submitted: auto-replied",
        "X-Auto-Response-Suppress: All",
        "Precedence: bulk",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    ] {
        assert!(raw.contains(&format!("\r\n{line}\r\n")), "{line}");
    }
    assert_eq!(
        email.unsubscribe.as_deref(),
        Some("<https://ours.example/u/1>, <mailto:unsub+1@ours.example>")
    );
    assert_eq!(email.automatic.kind, AutoKind::AutoReply, "also at another installation");
}

#[test]
fn people_at_other_installations_are_heard_and_our_own_mail_is_known() {
    let (raw, email) = composed(&message());
    assert_eq!(email.automatic.kind, AutoKind::No);
    let ours = ParseContext { own_accounts: vec!["acc_1".into()], ..ParseContext::default() };
    assert_eq!(parse(raw.as_bytes(), &ours).automatic.kind, AutoKind::OwnLoop);
}

#[test]
fn no_value_can_add_a_header_or_end_the_message() {
    let expected = header_names(&composed(&message()).0);
    for poison in [
        "x\r\nBcc: evil@x.example",
        "x\nBcc: evil@x.example",
        "x\rBcc: evil@x.example",
        "x\0y",
        "x\u{2028}Bcc: y",
        "x\r\n.\r\nMAIL",
        "x\r\n\r\nbody",
        "\u{85}x",
    ] {
        let mut outgoing = message();
        outgoing.subject = poison.into();
        outgoing.from.name = Some(poison.into());
        outgoing.to[0].name = Some(poison.into());
        outgoing.loop_account = poison.into();
        outgoing.in_reply_to = Some(poison.into());
        outgoing.references = vec![poison.into(), "ok@x.example".into()];
        outgoing.text = poison.into();
        let (raw, email) = composed(&outgoing);
        let names = header_names(&raw);
        let unexpected: Vec<&String> = names.iter().filter(|name| !expected.contains(name)).collect();
        assert!(
            unexpected.iter().all(|name| name.as_str() == "Content-Transfer-Encoding"),
            "{poison:?}: {unexpected:?}"
        );
        assert!(email.bcc.is_empty() && email.to.len() == 1, "{poison:?}");
        assert!(!raw.contains('\0') && !raw.replace("\r\n", "").contains(['\r', '\n']), "{poison:?}");

        let mut outgoing = message();
        outgoing.html = Some("<p>x".into());
        outgoing.attachments = vec![OutgoingAttachment {
            file_name: poison.into(),
            media_type: poison.into(),
            content_id: None,
            bytes: poison.into(),
        }];
        let (raw, email) = composed(&outgoing);
        assert_eq!(email.attachments.len(), 1, "{poison:?}");
        assert!(!raw.contains("\r\nBcc"), "{poison:?}");
    }
}

#[test]
fn addresses_with_control_characters_are_refused() {
    for address in [
        "a@x.example\r\nBcc: y@z.example",
        "a\n@x.example",
        "a@x.example>",
        "a b@x.example",
        "",
        "a",
        "a@",
        "@x",
        "a\u{2028}@x.example",
    ] {
        let mut outgoing = message();
        outgoing.to = vec![EmailAddress::new(address)];
        assert!(matches!(compose(&outgoing), Err(ComposeError::InvalidAddress(_))), "{address:?}");
        let mut outgoing = message();
        outgoing.from = EmailAddress::new(address);
        assert!(compose(&outgoing).is_err(), "{address:?}");
    }
    let mut outgoing = message();
    outgoing.to.clear();
    assert!(matches!(compose(&outgoing), Err(ComposeError::NoRecipient)));
    outgoing = message();
    outgoing.message_id = "x>\r\nBcc: y".into();
    let raw = compose(&outgoing).map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(raw.is_err() || !raw.unwrap().contains("\r\nBcc"));
}

#[test]
fn lines_stay_within_the_limits_of_mail() {
    let mut outgoing = message();
    outgoing.references = (0..300).map(|number| format!("{number}.{}@example.org", "x".repeat(60))).collect();
    outgoing.subject = "Ä".repeat(500);
    outgoing.text = "y".repeat(50_000);
    outgoing.to = (0..200)
        .map(|number| EmailAddress::named(format!("Näme {number}"), format!("a{number}@example.org")))
        .collect();
    let (raw, email) = composed(&outgoing);
    assert!(raw.split("\r\n").all(|line| line.len() <= 998));
    assert_eq!(email.to.len(), 200);
    assert_eq!(email.subject.chars().count(), 500);
    assert_eq!(email.text.len(), 50_000);
}

#[test]
fn names_of_other_scripts_are_written_as_they_are_and_domains_as_the_name_system_knows_them() {
    let mut message = message();
    message.from = EmailAddress::new("support@b\u{fc}ro.example");
    message.to = vec![EmailAddress::named("J\u{f6}rg", "j\u{f6}rg@m\u{fc}ller.example")];
    let (raw, email) = composed(&message);
    assert!(raw.contains("From: support@xn--bro-hoa.example\r\n"), "{raw}");
    assert!(raw.contains(" <j\u{f6}rg@xn--mller-kva.example>\r\n"), "{raw}");
    assert_eq!(email.to, [EmailAddress::named("J\u{f6}rg", "j\u{f6}rg@m\u{fc}ller.example")]);
    for hostile in ["j\u{f6}rg\u{85}@x.example", "j\u{200b}@x.example", "j\u{f6} rg@x.example", "a@\u{ad}"] {
        message.to = vec![EmailAddress::new(hostile)];
        assert!(matches!(compose(&message), Err(ComposeError::InvalidAddress(_))), "{hostile:?}");
    }
}

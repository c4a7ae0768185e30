//! Whole messages, usual and hostile.

use std::time::Instant;

use super::*;

fn context() -> ParseContext {
    ParseContext {
        own_addresses: vec!["support@ours.example".into()],
        own_accounts: vec!["acc_1".into()],
        trusted_authserv_ids: vec!["mx.ours.example".into()],
        limits: ParseLimits::default(),
    }
}

fn parse_text(raw: &str) -> ParsedEmail {
    parse(raw.replace('\n', "\r\n").as_bytes(), &context())
}

#[test]
fn a_usual_mail_is_taken_apart() {
    let email = parse(include_bytes!("../testdata/alternative_with_attachment.eml"), &context());
    assert_eq!(email.message_id, "CA+abc123@mail.example.org");
    assert_eq!(email.in_reply_to, ["cnv_1.msg_1@ours.example"]);
    assert_eq!(email.references, ["root@ours.example", "cnv_1.msg_1@ours.example"]);
    assert_eq!(email.from, Some(EmailAddress::named("María López", "maria@example.org")));
    assert_eq!(email.to, [EmailAddress::named("Support", "support@ours.example")]);
    assert_eq!(email.cc, [EmailAddress::new("bob@example.org")]);
    assert_eq!(email.subject, "Re: Größe der Lieferung");
    assert_eq!(email.date.map(|date| date.to_string()).as_deref(), Some("2025-03-03T09:15:00Z"));
    assert_eq!(email.text, "Das passt, danke!\n\nOn Mon, 3 Mar 2025, Support wrote:\n> Passt die Größe?");
    assert_eq!(email.visible_text, "Das passt, danke!");
    assert!(email.has_quote);
    assert!(email.html.as_deref().is_some_and(|html| html.contains("cid:logo@example.org")));
    assert_eq!(email.attachments.len(), 2);
    let image = &email.attachments[0];
    assert_eq!((image.media_type.as_str(), image.inline), ("image/png", true));
    assert_eq!(image.content_id.as_deref(), Some("logo@example.org"));
    let file = &email.attachments[1];
    assert_eq!(file.file_name, "Rechnung März.pdf");
    assert_eq!((file.media_type.as_str(), file.inline), ("application/pdf", false));
    assert_eq!(file.bytes, b"%PDF-1.4 test");
    assert_eq!(email.automatic, Automatic::default());
    assert!(!email.raw_only && email.warnings.is_empty(), "{:?}", email.warnings);
}

#[test]
fn a_delivery_report_names_recipient_code_and_message() {
    let email = parse(include_bytes!("../testdata/bounce.eml"), &context());
    assert_eq!(email.automatic.kind, AutoKind::Bounce);
    let dsn = email.dsn.unwrap();
    assert_eq!(dsn.recipients[0].address, "nobody@example.org");
    assert_eq!(dsn.recipients[0].status.as_deref(), Some("5.1.1"));
    assert!(dsn.recipients[0].is_permanent_failure());
    assert_eq!(dsn.original_message_id.as_deref(), Some("cnv_1.msg_2@ours.example"));
    let token = "a".repeat(42);
    assert_eq!(dsn.verp_token.as_deref(), Some(token.as_str()));
    assert!(email.text.contains("could not be delivered"));
    assert!(!dsn.guessed);
}

#[test]
fn reports_and_calendar_answers_are_no_customer_messages() {
    let abuse = parse_text(
        "From: fbl@isp.example\nMessage-ID: <f@isp>\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n\
         --b\n\nAbuse\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nOriginal-Rcpt-To: <x@isp.example>\n\
         --b\nContent-Type: message/rfc822\n\nMessage-ID: <m1@ours.example>\n\nhi\n--b--\n",
    );
    assert_eq!(abuse.automatic.kind, AutoKind::Feedback);
    let feedback = abuse.feedback.unwrap();
    assert_eq!(feedback.feedback_type, "abuse");
    assert_eq!(feedback.original_recipient.as_deref(), Some("x@isp.example"));
    assert_eq!(feedback.original_message_id.as_deref(), Some("m1@ours.example"));

    let receipt = parse_text(
        "From: a@x.example\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nRead\n\
         --b\nContent-Type: message/disposition-notification\n\nDisposition: manual-action; displayed\n--b--\n",
    );
    assert_eq!(receipt.automatic.kind, AutoKind::Receipt);

    let calendar = parse_text(
        "From: a@x.example\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\nAccepted\n--b\n\
         Content-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR\n--b--\n",
    );
    assert_eq!(calendar.automatic.kind, AutoKind::CalendarReply);
    assert_eq!(calendar.attachments[0].kind, AttachmentKind::Calendar);
}

#[test]
fn a_report_that_somebody_passes_on_leaves_the_mail_theirs() {
    let parts = "--b\n\nWhat is this?\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n\
         Final-Recipient: rfc822; x@y.example\nAction: failed\nStatus: 5.1.1\n\n\
         --b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <m1@ours.example>\n\n";
    let other_reports = "--b\nContent-Type: message/disposition-notification\n\nDisposition: manual-action; displayed\n\n\
         --b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n\n\
         --b\nContent-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR\n";
    let inner = |root: &str, from: &str| {
        parse_text(&format!(
            "From: {from}\nMessage-ID: <f@x>\nContent-Type: {root}; boundary=b\n\n{parts}{other_reports}--b--\n"
        ))
    };
    let forwarded = inner("multipart/mixed", "zoe@x.example");
    assert_eq!(forwarded.automatic, Automatic::default());
    assert_eq!((&forwarded.dsn, &forwarded.feedback, forwarded.is_read_receipt), (&None, &None, false));
    assert_eq!(forwarded.text, "What is this?");
    assert_eq!(forwarded.attachments.len(), 5, "nothing of it is hidden");

    let nested = parse_text(&format!(
        "From: zoe@x.example\nMessage-ID: <f@x>\nContent-Type: multipart/mixed; boundary=a\n\n--a\n\nWhat is this?\n\
         --a\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n{parts}--b--\n--a--\n"
    ));
    assert_eq!((nested.automatic, &nested.dsn), (Automatic::default(), &None));
    assert_eq!(nested.attachments.len(), 2, "the report's details, too");

    let report = inner("multipart/report; report-type=delivery-status", "zoe@x.example");
    assert_eq!(report.automatic.kind, AutoKind::Bounce);
    for daemon in ["MAILER-DAEMON@x.example", "postmaster@x.example"] {
        let broken = inner("multipart/mixed", daemon);
        assert!(broken.dsn.is_some(), "{daemon} builds its reports wrongly");
    }
    let untyped = inner("multipart/report", "zoe@x.example");
    assert_eq!(untyped.dsn.and_then(|dsn| dsn.original_message_id).as_deref(), Some("m1@ours.example"));
    let null_sender = Envelope { sender: None, recipients: vec!["support@ours.example".into()] };
    let raw = format!("From: robot@x.example\nContent-Type: multipart/mixed; boundary=b\n\n{parts}--b--\n");
    assert!(parse_with_envelope(raw.as_bytes(), &null_sender, &context()).dsn.is_some());
}

#[test]
fn a_missing_message_id_is_replaced_by_a_stable_one() {
    let raw = "From: a@x.example\nSubject: s\n\nbody\n";
    let first = parse_text(raw);
    let relayed = parse_text(&format!("Received: from relay\n{raw}"));
    assert!(first.message_id_synthesised && first.message_id.ends_with("@synthesised.invalid"));
    assert_eq!(first.message_id, relayed.message_id);
    assert_ne!(first.message_id, parse_text(&raw.replace("body", "other")).message_id);
    let with_lines = |body: &str| {
        parse(format!("From: a@x.example\nSubject: s\n t\n\n{body}").as_bytes(), &context()).message_id
    };
    let expected = with_lines("\none\n\ntwo\n");
    for body in ["\r\none\r\n\r\ntwo\r\n", "\none\n\ntwo", "\r\none\n\r\ntwo\r\n\r\n"] {
        assert_eq!(with_lines(body), expected, "{body:?}");
    }
    let wire = "From: a@x.example\r\nSubject: s\r\n t\r\n\r\n\r\none\r\n\r\ntwo\r\n";
    assert_eq!(parse(wire.as_bytes(), &context()).message_id, expected);
    for body in ["\none\ntwo\n", "one\n\ntwo\n", "\nonetwo\n"] {
        assert_ne!(with_lines(body), expected, "{body:?}");
    }
}

#[test]
fn senders_who_hide_are_marked() {
    let warnings = |from: &str| parse_text(&format!("Message-ID: <m@x>\n{from}\n\nx\n")).warnings;
    assert_eq!(warnings("From: a@x.example\nFrom: b@y.example"), [ParseWarning::DuplicateFrom]);
    assert_eq!(warnings("From: a@x.example <b@y.example>"), [ParseWarning::MisleadingName]);
    assert_eq!(warnings("From:"), [ParseWarning::MissingFrom]);
    assert_eq!(warnings("Subject: x"), [ParseWarning::MissingFrom]);
    assert_eq!(warnings("From: a@gооgle.example"), [ParseWarning::ConfusableDomain]);
    assert_eq!(warnings("From: a@x.example\nReply-To: c@z.example"), [ParseWarning::ReplyToDiffers]);
    assert_eq!(
        parse_text("From: a@x.example, b@y.example\n\nx").from,
        Some(EmailAddress::new("a@x.example"))
    );
}

#[test]
fn only_our_own_server_vouches_for_the_sender() {
    let results = |header: &str| parse_text(&format!("{header}\nFrom: a@x.example\n\nx\n")).authentication;
    let ours = results(
        "Authentication-Results: mx.ours.example; dkim=fail; dkim=pass (2048; ok) header.d=x;\n spf=softfail; dmarc=pass (p=none)",
    );
    assert_eq!(
        ours,
        Some(AuthenticationResults {
            dmarc: Some("pass".into()),
            spf: Some("softfail".into()),
            dkim: Some("pass".into())
        })
    );
    assert_eq!(results("Authentication-Results: evil.example; dmarc=pass"), None);
    assert_eq!(
        results(
            "Authentication-Results: evil.example; dmarc=pass\nAuthentication-Results: mx.ours.example; dmarc=pass"
        ),
        None
    );
    assert_eq!(
        results("Authentication-Results: mx.ours.example (x; dmarc=pass); dmarc=fail")
            .unwrap()
            .dmarc
            .as_deref(),
        Some("fail")
    );
}

#[test]
fn odd_dates_are_read() {
    let date = |text: &str| parse_text(&format!("Date: {text}\n\n")).date.map(|date| date.to_string());
    let expected = Some("2025-03-03T09:15:00Z".to_owned());
    assert_eq!(date("Mon, 3 Mar 2025 10:15:00 +0100 (CET)"), expected);
    assert_eq!(date("Tue, 3 Mar 2025 10:15:00 +0100"), expected);
    assert_eq!(date("3 Mar 2025 09:15:00"), expected);
    assert_eq!(date("Mon, 3 Mar 2025 09:15 GMT"), expected);
    assert_eq!(date("yesterday"), None);
}

#[test]
fn the_envelope_overrides_what_headers_claim() {
    let envelope = Envelope { sender: None, recipients: vec!["reply+x@ours.example".into()] };
    let email = parse_with_envelope(
        b"Return-Path: <a@x.example>\r\nDelivered-To: reply+y@ours.example\r\nFrom: a@x.example\r\n\r\nx",
        &envelope,
        &context(),
    );
    assert_eq!(email.return_path.as_deref(), Some(""));
    assert_eq!(email.delivered_to, ["reply+x@ours.example", "reply+y@ours.example"]);
    assert_eq!(email.automatic.kind, AutoKind::AutoReply);
}

#[test]
fn text_never_holds_nul_and_attachments_are_typed_by_content() {
    let email = parse_text(
        "From: \"A\0\" <a@x.example>\nSubject: s\0=?utf-8?Q?=00x?=\nContent-Type: multipart/mixed; boundary=b\n\n\
         --b\n\nte\0xt\n--b\nContent-Type: image/png; name=evil.png\nContent-Disposition: inline\n\n<html><script>x</script>\n\
         --b\nContent-Type: image/png; name=fake.png\n\nnot an image\n\
         --b\nContent-Type: application/ms-tnef; name=winmail.dat\n\nx\n--b--\n",
    );
    assert_eq!(email.text, "text");
    assert_eq!(email.subject, "s x".replace(' ', ""));
    let types: Vec<(&str, bool)> =
        email.attachments.iter().map(|a| (a.media_type.as_str(), a.inline)).collect();
    assert_eq!(
        types,
        [("text/html", false), ("application/octet-stream", false), ("application/ms-tnef", false)]
    );
    assert_eq!(email.attachments[2].kind, AttachmentKind::Tnef);
    assert_eq!(email.attachments[0].declared_media_type.as_deref(), Some("image/png"));
}

#[test]
fn forwarded_messages_stay_whole() {
    let email = parse_text(
        "From: a@x.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nsee below\n--b\nContent-Type: message/rfc822\n\n\
         Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nsecret\n--c--\n--b--\n",
    );
    assert_eq!(email.text, "see below");
    assert_eq!(email.attachments[0].file_name, "Grüße.eml");
    assert_eq!(email.attachments[0].kind, AttachmentKind::Message);
}

/// Every hostile input is parsed within the time that one message may take.
fn parse_in_time(label: &str, raw: &[u8]) -> ParsedEmail {
    let start = Instant::now();
    let email = parse(raw, &context());
    let elapsed = start.elapsed();
    // An unoptimised build is about ten times slower than what runs in production.
    let allowed = if cfg!(debug_assertions) { 20.0 } else { 2.0 };
    assert!(elapsed.as_secs_f64() < allowed, "{label} took {elapsed:?}");
    email
}

#[test]
fn hostile_structures_are_kept_raw_and_readable() {
    let mut nested = String::from("From: a@x.example\r\nSubject: deep\r\n");
    for depth in 0..10_000 {
        nested.push_str(&format!(
            "Content-Type: multipart/mixed; boundary=b{depth}\r\n\r\nHello\r\n--b{depth}\r\n"
        ));
    }
    let email = parse_in_time("nesting", nested.as_bytes());
    assert!(email.raw_only && email.warnings.contains(&ParseWarning::TooDeep));
    assert_eq!(email.subject, "deep");

    let parts = format!(
        "From: a@x.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}",
        "--b\r\n\r\nHello\r\n".repeat(1_000_000)
    );
    let email = parse_in_time("parts", parts.as_bytes());
    assert!(email.raw_only && email.warnings.contains(&ParseWarning::TooManyParts));
    assert!(email.text.contains("Hello"));

    let messages = format!("From: a@x.example\r\n{}", "Content-Type: message/rfc822\r\n\r\n".repeat(100_000));
    parse_in_time("messages in messages", messages.as_bytes());
    let same_boundary = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n".repeat(100_000);
    parse_in_time("one boundary for all", same_boundary.as_bytes());
    let alternatives = "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n".repeat(10_000);
    parse_in_time("alternatives", alternatives.as_bytes());
}

#[test]
fn hostile_headers_are_cut() {
    let addresses = format!("From: a@x.example\r\nTo: {}\r\n\r\nx", "b@y.example, ".repeat(1_000_000));
    let email = parse_in_time("addresses", addresses.as_bytes());
    assert!(email.to.len() <= ParseLimits::default().addresses);
    assert!(
        email.warnings.contains(&ParseWarning::HeaderTruncated)
            || email.warnings.contains(&ParseWarning::TooManyAddresses)
    );
    assert_eq!(email.text, "x");

    let references =
        format!("From: a@x.example\r\nReferences: {}\r\n\r\nx", "<a@b> <c@d>\r\n ".repeat(1_000_000));
    assert!(parse_in_time("references", references.as_bytes()).references.len() <= 100);
    let long = format!("From: {}\r\n\r\nx", "(".repeat(10_000_000));
    assert_eq!(parse_in_time("comments", long.as_bytes()).from, None);
    let fields = "X: y\r\n".repeat(1_000_000);
    parse_in_time("fields", fields.as_bytes());
    let words = format!("Subject: {}\r\n\r\nx", "=?utf-8?Q?".repeat(100_000));
    parse_in_time("words", words.as_bytes());
    let folded = format!("Subject: a\r\n{}\r\nx", " \r\n".repeat(1_000_000));
    parse_in_time("folds", folded.as_bytes());
}

#[test]
fn large_and_meaningless_inputs_are_survived() {
    let mut large =
        b"From: a@x.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n"
            .to_vec();
    large.resize(100 * 1024 * 1024, b'x');
    let email = parse_in_time("size", &large);
    assert!(
        email.raw_only
            && email.text.starts_with("Hello")
            && email.text.len() <= ParseLimits::default().body_bytes + 10
    );
    for raw in [&b""[..], b"\0", b"\r\n", b"\n\n\n", b"--", b":", b" : x", b"\xff\xfe\xfd", b"\r\r\r"] {
        let email = parse(raw, &context());
        assert!(email.message_id_synthesised);
    }
    let cr_only = parse(b"From: a@x.example\rSubject: old\r\rbody\r", &context());
    assert_eq!((cr_only.subject.as_str(), cr_only.text.as_str()), ("old", "body"));
    let html_bomb =
        format!("From: a@x.example\r\nContent-Type: text/html\r\n\r\n{}", "<div>".repeat(1_000_000));
    parse_in_time("html", html_bomb.as_bytes());
    let quotes = format!("From: a@x.example\r\n\r\n{}", "1 wrote:\n".repeat(200_000));
    parse_in_time("quotes", quotes.as_bytes());
}

proptest::proptest! {
    #[test]
    fn no_input_makes_the_parser_panic(raw in proptest::collection::vec(proptest::num::u8::ANY, 0..2_000)) {
        let email = parse(&raw, &context());
        proptest::prop_assert!(!email.text.contains('\0') && !email.subject.contains('\0'));
    }

    #[test]
    fn mutilated_messages_are_survived(cut in 0_usize..2_500, position in 0_usize..2_500, byte in proptest::num::u8::ANY) {
        let mut raw = include_bytes!("../testdata/alternative_with_attachment.eml").to_vec();
        if let Some(place) = raw.get_mut(position) { *place = byte; }
        raw.truncate(cut);
        parse(&raw, &context());
    }
}

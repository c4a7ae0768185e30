//! The pages and the mailboxes through their router, with a server of our own as the shop's mail listener.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::Request as HttpRequest;
use bytes::Bytes;
use rapport_channels::email::smtp_server::{
    self, DeliveryVerdict, MailReceiver, Protocol, RecipientVerdict, SmtpLimits, SmtpServerSettings,
};
use rapport_channels::email::{ParseContext, ParsedEmail, ReceivedEnvelope, parse};
use rapport_domain::{SystemClock, SystemEntropy};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tower::ServiceExt;

use super::*;
use crate::mail::{CustomerFile, CustomerMail, ProviderSettings, compose};

struct Inbox(mpsc::UnboundedSender<Bytes>);

impl MailReceiver for Inbox {
    async fn accepts(&self, recipient: &str) -> RecipientVerdict {
        if recipient.ends_with("@shop.example") {
            RecipientVerdict::Accept
        } else {
            RecipientVerdict::Unknown
        }
    }

    async fn deliver(&self, envelope: ReceivedEnvelope, message: Bytes) -> Vec<DeliveryVerdict> {
        let _ = self.0.send(message);
        vec![DeliveryVerdict::Accept; envelope.envelope.recipients.len()]
    }
}

struct Play {
    router: Router,
    provider: MailProvider,
    inbox: mpsc::UnboundedReceiver<Bytes>,
    _stop: watch::Sender<bool>,
}

impl Play {
    async fn start() -> Self {
        let (stop, shutdown) = watch::channel(false);
        let (seen, inbox) = mpsc::unbounded_channel();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let destination = listener.local_addr().expect("has an address");
        let settings = SmtpServerSettings {
            host_name: "shop.example".into(),
            protocol: Protocol::Smtp,
            tls: None,
            limits: SmtpLimits::default(),
        };
        tokio::spawn(smtp_server::serve(listener, settings, Arc::new(Inbox(seen)), shutdown));
        let provider = MailProvider::new(ProviderSettings {
            host_name: "mx.customers.example".into(),
            domains: vec!["customers.example".into()],
            destination,
            greylist_seconds: 1,
            slow_reply: Duration::from_secs(1),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        });
        let settings = SiteSettings {
            shop_name: "Rope & <Peg>".into(),
            support_address: "help@shop.example".into(),
            personas: vec![Persona {
                name: "Ana Horvat".into(),
                address: "ana@customers.example".into(),
                about: "Climbs".into(),
                user_id: "user-42".into(),
            }],
            widget_key: "wk_test".into(),
            identity_secret: "widget_secret_example".into(),
        };
        let router = Site::new(settings, provider.clone()).router();
        Self { router, provider, inbox, _stop: stop }
    }

    async fn get(&self, path: &str) -> (Response, String) {
        self.call(HttpRequest::get(path).body(Body::empty()).expect("is a request")).await
    }

    async fn call(&self, request: HttpRequest<Body>) -> (Response, String) {
        let response = self.router.clone().oneshot(request).await.expect("answers");
        let (head, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.expect("has a body");
        (Response::from_parts(head, Body::empty()), String::from_utf8_lossy(&bytes).into_owned())
    }

    async fn write(&self, own_page: bool, fields: &[(&str, &str)]) -> (StatusCode, String) {
        let mut body = String::new();
        for (name, value) in fields {
            body += &format!("--xx\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        }
        body += "--xx--\r\n";
        let mut request = HttpRequest::post("/demo/api/mailboxes/ana@customers.example")
            .header("content-type", "multipart/form-data; boundary=xx");
        if own_page {
            request = request.header("x-demo", "1");
        }
        let (response, body) = self.call(request.body(Body::from(body)).expect("is a request")).await;
        (response.status(), body)
    }

    async fn arrived(&mut self) -> ParsedEmail {
        parse(&self.inbox.recv().await.expect("a mail arrives"), &ParseContext::default())
    }
}

fn header_of(response: &Response, name: &str) -> String {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn pages_run_only_scripts_from_files_and_cannot_be_framed() {
    let play = Play::start().await;
    for path in ["/demo", "/demo/shop"] {
        let (response, page) = play.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let policy = header_of(&response, "content-security-policy");
        assert!(
            policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(!page.contains("<script>") && !page.contains("onclick="), "{path} has no inline script");
        for source in page.split("src=\"").skip(1).chain(page.split("rel=\"stylesheet\" href=\"").skip(1)) {
            let source = source.split('"').next().unwrap_or_default();
            if source.starts_with("/demo/") {
                let (response, content) = play.get(source).await;
                assert_eq!(response.status(), StatusCode::OK, "{source}");
                assert!(!content.is_empty());
            }
        }
    }
}

#[tokio::test]
async fn the_shop_embeds_the_widget_and_its_name_is_text() {
    let play = Play::start().await;
    let (_, page) = play.get("/demo/shop").await;
    assert!(page.contains("src=\"/widget.js\"") && page.contains("data-key=\"wk_test\""));
    assert!(page.contains("Rope &amp; &lt;Peg&gt;") && !page.contains("<Peg>"));
}

#[tokio::test]
async fn whoever_is_logged_in_is_signed_with_the_shops_secret() {
    let play = Play::start().await;
    let (_, body) = play.get("/demo/api/identity/user-42").await;
    let identity: Value = serde_json::from_str(&body).expect("is JSON");
    assert_eq!(identity["hash"], "80eed30d4a0ee3aa4afcd593703d089aee128f9a138af32d457603f774b396ff");
    assert_eq!(identity["email"], "ana@customers.example");
    assert_eq!(play.get("/demo/api/identity/user-43").await.0.status(), StatusCode::NOT_FOUND);
    let (_, description) = play.get("/demo/api/site").await;
    assert!(!description.contains("widget_secret_example"), "the secret stays on the server");
}

#[tokio::test]
async fn what_is_written_on_the_page_travels_by_smtp_and_an_answer_joins_its_thread() {
    let mut play = Play::start().await;
    let (status, body) = play.write(true, &[("subject", "Broken zip"), ("text", "It does not close.")]).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    let mail = play.arrived().await;
    assert_eq!((mail.subject.as_str(), mail.text.trim()), ("Broken zip", "It does not close."));
    assert_eq!(mail.to[0].address, "help@shop.example");
    let (_, list) = play.get("/demo/api/mailboxes/ana@customers.example").await;
    let list: Value = serde_json::from_str(&list).expect("is JSON");
    assert_eq!(list["mails"][0]["sent"], true);
    let id = list["mails"][0]["id"].to_string();
    let (status, _) = play.write(true, &[("reply_to", &id), ("text", "Any news?")]).await;
    assert_eq!(status, StatusCode::CREATED);
    let answer = play.arrived().await;
    assert_eq!(answer.in_reply_to, [mail.message_id]);
    assert_eq!(answer.subject, "Re: Broken zip");
    let revision = list["revision"].as_u64().expect("is a number") + 1;
    let again = format!("/demo/api/mailboxes/ana@customers.example?revision={revision}");
    assert_eq!(play.get(&again).await.0.status(), StatusCode::NO_CONTENT, "nothing new since");
}

#[tokio::test]
async fn a_foreign_page_cannot_write_and_a_refused_mail_says_why() {
    let mut play = Play::start().await;
    let (status, _) = play.write(false, &[("text", "Spam")]).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, _) = play.write(true, &[("text", "  ")]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, body) = play.write(true, &[("to", "x@elsewhere.test"), ("text", "Hello")]).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(body.contains("no such mailbox"), "{body}");
    assert!(play.inbox.try_recv().is_err(), "nothing arrived");
}

#[tokio::test]
async fn a_mails_html_is_shown_without_scripts_and_with_its_own_pictures() {
    let play = Play::start().await;
    let address = EmailAddress::new("ana@customers.example");
    let mut mail = CustomerMail::new(address.clone(), EmailAddress::new("help@shop.example"), "Look", "Look");
    mail.html =
        Some("<p>Look</p><script>alert(1)</script><img src=\"cid:pic@x\" onerror=\"alert(2)\">".into());
    mail.files.push(CustomerFile {
        file_name: "pic.png".into(),
        media_type: "image/png".into(),
        content_id: Some("pic@x".into()),
        bytes: b"\x89PNG\r\n\x1a\n0000".to_vec(),
    });
    let raw =
        compose(&mail, "one@customers.example", rapport_domain::Timestamp::from_millis(1_700_000_000_000));
    play.provider.keep_sent(&address.address, raw.expect("composes").into());
    let (response, body) = play.get("/demo/api/mailboxes/ana@customers.example/1/body").await;
    assert!(
        header_of(&response, "content-security-policy").starts_with("sandbox"),
        "the frame has no rights"
    );
    assert!(!body.contains("alert"), "{body}");
    assert!(body.contains("src=\"files/0\""), "{body}");
    let (response, _) = play.get("/demo/api/mailboxes/ana@customers.example/1/files/0").await;
    assert_eq!(header_of(&response, "content-type"), "image/png");
    assert_eq!(header_of(&response, "x-content-type-options"), "nosniff");
}

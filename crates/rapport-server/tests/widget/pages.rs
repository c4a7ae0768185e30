//! Where the widget may be shown and who may call it.

use axum::http::{Method, StatusCode, header};
use serde_json::json;

use super::fixture::{App, on_both, request};

fn policy(answer: &super::fixture::Answer) -> &str {
    answer.headers["content-security-policy"].to_str().expect("text")
}

#[test]
fn the_panel_may_be_framed_by_the_page_that_was_checked_and_by_no_other() {
    on_both(|app: App| async move {
        let panel = |host: &str| {
            format!("/widget/panel?key={}&host={host}&locale=de&theme=dark&dir=ltr", app.widget.key)
        };
        let open = app.call(Method::GET, &panel("https://shop.example"), None, None).await;
        if open.status != StatusCode::NOT_FOUND {
            // Without the built panel there is no page to send; the refusals below hold all the same.
            assert_eq!(open.status, StatusCode::OK);
            assert!(policy(&open).ends_with("; frame-ancestors https://shop.example"), "{}", policy(&open));
            assert!(policy(&open).starts_with("default-src 'none'; script-src 'self'; style-src 'self'; "));
            assert_eq!(open.headers["referrer-policy"], "strict-origin");
            assert!(!open.headers.contains_key("x-frame-options"));
            let alone =
                app.call(Method::GET, &format!("/widget/panel?key={}", app.widget.key), None, None).await;
            assert!(policy(&alone).ends_with("frame-ancestors 'none'"));
        }
        app.configure(json!({ "allowed_origins": ["https://shop.example", "https://*.bikes.example"] }))
            .await;
        for host in [
            "https://evil.example",
            "https://shop.example.evil.example",
            "http://shop.example",
            "null",
            "https://bikes.example",
            "https://shop.example;script-src%20*",
            "https://shop.example%20https://evil.example",
            "https://shop.example/",
            "https://*.bikes.example",
            "",
        ] {
            let refused = app.call(Method::GET, &panel(host), None, None).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{host}");
            assert!(policy(&refused).ends_with("frame-ancestors 'none'"), "{host}");
        }
        for host in ["https://shop.example", "https://www.bikes.example"] {
            assert_ne!(
                app.call(Method::GET, &panel(host), None, None).await.status,
                StatusCode::FORBIDDEN,
                "{host}"
            );
        }
        let unknown = app.call(Method::GET, "/widget/panel?key=wk_unknown", None, None).await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn settings_and_sessions_are_refused_to_other_sites() {
    on_both(|app: App| async move {
        app.configure(json!({ "allowed_origins": ["https://shop.example"] })).await;
        for (host, status) in [
            (Some("https://shop.example"), StatusCode::OK),
            (Some("https://evil.example"), StatusCode::FORBIDDEN),
            (None, StatusCode::FORBIDDEN),
        ] {
            let query = host.map_or_else(String::new, |host| format!("&host={host}"));
            let config = app
                .call(Method::GET, &format!("/widget/v1/config?key={}{query}", app.widget.key), None, None)
                .await;
            assert_eq!(config.status, status, "{host:?}");
            let body = json!({ "key": app.widget.key, "host": host });
            let session = app.call(Method::POST, "/widget/v1/session", None, Some(body)).await;
            assert_eq!(session.status == StatusCode::CREATED, status == StatusCode::OK, "{host:?}");
            if status == StatusCode::FORBIDDEN {
                assert_eq!((config.code(), session.code()), ("origin_refused", "origin_refused"));
            }
        }
    });
}

#[test]
fn only_pages_of_ours_call_the_api_and_no_answer_is_open_to_others() {
    on_both(|app: App| async move {
        let visitor = app.stranger().await;
        let paths = [
            (Method::GET, "/widget/v1/messages"),
            (Method::POST, "/widget/v1/messages"),
            (Method::POST, "/widget/v1/session"),
            (Method::POST, "/widget/v1/attachments"),
            (Method::GET, "/widget/v1/events"),
            (Method::DELETE, "/widget/v1/session"),
        ];
        for origin in ["https://evil.example", "null", "https://inbox.example.evil.example"] {
            for (method, path) in &paths {
                let mut request = request(method.clone(), path, Some(&visitor.token), None);
                request.headers_mut().insert(header::ORIGIN, origin.parse().expect("a value"));
                let answer = app.send(request).await;
                assert_eq!(
                    (answer.status, answer.code()),
                    (StatusCode::FORBIDDEN, "origin_refused"),
                    "{origin} {path}"
                );
            }
        }
        let mut own = request(Method::GET, "/widget/v1/messages", Some(&visitor.token), None);
        own.headers_mut().insert(header::ORIGIN, "https://inbox.example".parse().expect("a value"));
        let answer = app.send(own).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
        assert!(!answer.headers.contains_key(header::SET_COOKIE));
        assert!(answer.headers.contains_key("content-security-policy"));
        assert_eq!(answer.headers["cache-control"], "no-store");
    });
}

#[test]
fn the_launcher_is_open_to_every_page() {
    on_both(|app: App| async move {
        let mut asked =
            request(Method::GET, &format!("/widget/v1/launcher?key={}", app.widget.key), None, None);
        asked.headers_mut().insert(header::ORIGIN, "https://shop.example".parse().expect("a value"));
        let launcher = app.send(asked).await;
        assert_eq!(launcher.body, json!({ "accent_color": "#2563eb", "launcher_position": "end" }));
        assert_eq!(launcher.headers["access-control-allow-origin"], "*");
        assert_eq!(launcher.headers["cache-control"], "public, max-age=300");
        let change =
            rapport_engine::channel_account::AccountChange { active: Some(false), ..Default::default() };
        app.engine
            .update_channel_account(&app.alice, &app.widget.account, change)
            .await
            .expect("is switched off");
        for key in [app.widget.key.as_str(), "wk_unknown", "", "%00"] {
            let unknown = app.call(Method::GET, &format!("/widget/v1/launcher?key={key}"), None, None).await;
            assert!(unknown.status.is_client_error(), "{key}");
            assert_eq!(unknown.headers["access-control-allow-origin"], "*");
        }
        let off =
            app.call(Method::GET, &format!("/widget/v1/launcher?key={}", app.widget.key), None, None).await;
        assert_eq!(off.code(), "widget_not_found");
    });
}

#[test]
fn the_settings_say_whether_somebody_who_may_answer_is_there() {
    on_both(|app: App| async move {
        let config = || async {
            let path = format!("/widget/v1/config?key={}", app.widget.key);
            app.call(Method::GET, &path, None, None).await.body
        };
        let nobody = config().await;
        assert_eq!(nobody["agents_online"], false);
        assert_eq!(nobody["max_message_length"], 10_000);
        assert_eq!(nobody["attachments"], json!({ "max_bytes": 1024 * 1024, "max_count": 10 }));
        let reader = app
            .engine
            .create_user(
                app.workspace.as_str(),
                "reader@bikes.example",
                "Reader",
                "correct horse battery",
                rapport_domain::Role::ReadOnly,
            )
            .await
            .expect("a user");
        let _reading = app.engine.presence().connect(&app.workspace, &reader.id);
        assert_eq!(config().await["agents_online"], false, "whoever only reads cannot answer");
        let _there = app.engine.presence().connect(&app.workspace, &app.bob.user.id);
        assert_eq!(config().await["agents_online"], true);
    });
}

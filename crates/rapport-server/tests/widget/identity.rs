//! Whose session it is, and who may have one.

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::fixture::{App, conversation_of, fresh_client_id, hmac_hex, on_both, visitor_of};

#[test]
fn a_proved_identity_is_the_same_visitor_in_every_browser() {
    on_both(|app: App| async move {
        let phone = app.known("user-42").await;
        app.say(&phone, "From my phone").await;
        let again = app.open(None, Some(app.widget.signed("user-42"))).await;
        assert_eq!(again.texts(), ["From my phone"]);
        assert_eq!(again.body["visitor"]["verified"], true);
        let laptop = visitor_of(&again);
        assert_eq!(laptop.id, phone.id);
        assert_ne!(laptop.token, phone.token);
        assert_eq!(app.get("/widget/v1/messages", &phone).await.texts(), ["From my phone"]);
        assert_eq!(app.get("/widget/v1/messages", &laptop).await.texts(), ["From my phone"]);
    });
}

#[test]
fn two_browsers_that_prove_an_identity_at_once_are_one_visitor() {
    on_both(|app: App| async move {
        let signed = || Some(app.widget.signed("user-7"));
        let (one, two, three, four) = tokio::join!(
            app.open(None, signed()),
            app.open(None, signed()),
            app.open(None, signed()),
            app.open(None, signed())
        );
        let ids: Vec<String> = [one, two, three, four].iter().map(|answer| visitor_of(answer).id).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    });
}

#[test]
fn a_signature_that_is_not_good_is_refused_and_never_taken_for_nobody() {
    on_both(|app: App| async move {
        let hash = hmac_hex(&app.widget.secret, "user-42");
        let other = app.another_widget().await;
        for identity in [
            json!({ "user_id": "user-42" }),
            json!({ "user_id": "user-42", "hash": null }),
            json!({ "user_id": "user-42", "hash": "" }),
            json!({ "user_id": "user-42", "hash": hash.to_uppercase() }),
            json!({ "user_id": "user-42", "hash": hmac_hex("widget_secret_example", "user-42") }),
            json!({ "user_id": "user-42", "hash": hmac_hex(&other.secret, "user-42") }),
            json!({ "user_id": "user-43", "hash": hash }),
            json!({ "user_id": "USER-42", "hash": hash }),
            json!({ "user_id": " user-42", "hash": hash }),
            json!({ "user_id": "user\u{2011}42", "hash": hash }),
            json!({ "user_id": "", "hash": hmac_hex(&app.widget.secret, "") }),
            json!({ "user_id": "x".repeat(257), "hash": hmac_hex(&app.widget.secret, &"x".repeat(257)) }),
        ] {
            let answer = app.open(None, Some(identity.clone())).await;
            assert_eq!(
                (answer.status, answer.code()),
                (StatusCode::UNAUTHORIZED, "identity_invalid"),
                "{identity}"
            );
        }
    });
}

#[test]
fn spellings_of_a_user_id_are_different_people() {
    on_both(|app: App| async move {
        let one = app.known("user-42").await;
        app.say(&one, "Secret").await;
        for other in ["User-42", "user-42 ", "user-42\u{301}"] {
            let answer = app.open(None, Some(app.widget.signed(other))).await;
            assert_ne!(visitor_of(&answer).id, one.id);
            assert!(answer.texts().is_empty());
        }
    });
}

#[test]
fn the_secret_before_the_present_one_is_good_until_it_is_removed() {
    on_both(|app: App| async move {
        let old = app.widget.signed("user-42");
        let rotated =
            app.engine.rotate_identity_secret(&app.alice, &app.widget.account).await.expect("a new secret");
        let new = json!({ "user_id": "user-42", "hash": hmac_hex(&rotated.identity_secret, "user-42") });
        let first = visitor_of(&app.open(None, Some(old.clone())).await);
        assert_eq!(visitor_of(&app.open(None, Some(new.clone())).await).id, first.id);
        let change = rapport_engine::channel_account::AccountChange {
            secrets: [("identity_secret_previous".to_owned(), None)].into(),
            ..Default::default()
        };
        app.engine.update_channel_account(&app.alice, &app.widget.account, change).await.expect("is removed");
        assert_eq!(app.open(None, Some(old)).await.code(), "identity_invalid");
        assert_eq!(visitor_of(&app.open(None, Some(new)).await).id, first.id);
    });
}

#[test]
fn where_an_identity_is_required_every_route_refuses_whoever_has_not_proved_one() {
    on_both(|app: App| async move {
        let stranger = app.stranger().await;
        let message = app.say(&stranger, "Before").await.body["message"]["id"].clone();
        let known = app.known("user-42").await;
        app.configure(json!({ "require_identity": true })).await;
        let text = json!({ "client_id": fresh_client_id(), "body_text": "Hi", "attachment_ids": [] });
        let offline = json!({ "client_id": fresh_client_id(), "body_text": "Hi", "email": "a@b.example" });
        let session = json!({ "key": app.widget.key });
        for (method, path, body) in [
            (Method::POST, "/widget/v1/session", Some(session)),
            (Method::DELETE, "/widget/v1/session", None),
            (Method::POST, "/widget/v1/prechat", Some(json!({ "fields": {} }))),
            (Method::GET, "/widget/v1/messages", None),
            (Method::POST, "/widget/v1/messages", Some(text)),
            (Method::POST, "/widget/v1/attachments", None),
            (Method::DELETE, "/widget/v1/attachments/att_00000000000000000000000000", None),
            (Method::POST, "/widget/v1/typing", Some(json!({ "active": true }))),
            (Method::POST, "/widget/v1/read", Some(json!({ "message_id": message }))),
            (Method::POST, "/widget/v1/offline", Some(offline)),
            (Method::GET, "/widget/v1/events", None),
        ] {
            let answer = app.call(method.clone(), path, Some(&stranger.token), body).await;
            assert_eq!(
                (answer.status, answer.code()),
                (StatusCode::UNAUTHORIZED, "identity_required"),
                "{method} {path}"
            );
            assert!(!answer.body.to_string().contains("Before"));
        }
        assert_eq!(app.open(None, None).await.code(), "identity_required");
        // Whoever proved one goes on, with the token alone as well.
        app.say(&known, "I am known").await;
        assert_eq!(app.session(&known).await.texts(), ["I am known"]);
    });
}

#[test]
fn proving_another_identity_gives_a_fresh_session_and_leaves_the_old_one_alone() {
    on_both(|app: App| async move {
        let stranger = app.stranger().await;
        app.say(&stranger, "Nobody's secret").await;
        let first = app.open(Some(&stranger.token), Some(app.widget.signed("user-1"))).await;
        assert!(first.texts().is_empty() && first.body["conversation"].is_null());
        let first = visitor_of(&first);
        app.say(&first, "The first one's secret").await;
        let second = app.open(Some(&first.token), Some(app.widget.signed("user-2"))).await;
        assert!(second.texts().is_empty() && second.body["conversation"].is_null());
        assert_ne!(visitor_of(&second).id, first.id);
        assert_eq!(app.session(&stranger).await.texts(), ["Nobody's secret"]);
        // The same identity again goes on with its token.
        let same = app.open(Some(&first.token), Some(app.widget.signed("user-1"))).await;
        assert_eq!((same.status, same.body["token"].as_str()), (StatusCode::OK, Some(first.token.as_str())));
    });
}

#[test]
fn tokens_are_of_no_use_for_other_widgets() {
    on_both(|app: App| async move {
        let visitor = app.stranger().await;
        app.say(&visitor, "Hello").await;
        let (foreign, _) = app.foreign_widget().await;
        for key in [foreign.key, app.another_widget().await.key] {
            let answer = app
                .call(Method::POST, "/widget/v1/session", Some(&visitor.token), Some(json!({ "key": key })))
                .await;
            assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "token_invalid"));
        }
        for token in ["", "vt_", "vt_unknown", &"x".repeat(10_000), &visitor.token[..20]] {
            let answer = app.call(Method::GET, "/widget/v1/messages", Some(token), None).await;
            assert_eq!(
                (answer.status, answer.code()),
                (StatusCode::UNAUTHORIZED, "token_invalid"),
                "{token}"
            );
        }
        assert_eq!(app.call(Method::GET, "/widget/v1/messages", None, None).await.code(), "token_invalid");
    });
}

#[test]
fn an_ended_session_is_over_in_this_browser_only() {
    on_both(|app: App| async move {
        let phone = app.known("user-42").await;
        let laptop = app.known("user-42").await;
        let ended = app.call(Method::DELETE, "/widget/v1/session", Some(&phone.token), None).await;
        assert_eq!(ended.status, StatusCode::NO_CONTENT);
        assert_eq!(app.get("/widget/v1/messages", &phone).await.code(), "token_invalid");
        assert_eq!(app.get("/widget/v1/messages", &laptop).await.status, StatusCode::OK);
    });
}

#[test]
fn a_token_lives_while_it_is_used_and_is_replaced_when_it_is_old() {
    on_both(|app: App| async move {
        let visitor = app.stranger().await;
        app.say(&visitor, "Hello").await;
        app.clock.advance_seconds(8 * 86_400);
        let replaced = app.session(&visitor).await;
        let token = replaced.body["token"].as_str().expect("a token").to_owned();
        assert_ne!(token, visitor.token);
        // Another tab still has the old one, for a day.
        assert_eq!(app.get("/widget/v1/messages", &visitor).await.status, StatusCode::OK);
        app.clock.advance_seconds(86_401);
        assert_eq!(app.get("/widget/v1/messages", &visitor).await.code(), "token_invalid");
        let next = app.call(Method::GET, "/widget/v1/messages", Some(&token), None).await;
        assert_eq!(next.texts(), ["Hello"]);
        app.clock.advance_seconds(181 * 86_400);
        assert_eq!(
            app.call(Method::GET, "/widget/v1/messages", Some(&token), None).await.code(),
            "token_invalid"
        );
    });
}

#[test]
fn the_team_learns_who_the_site_says_it_is() {
    on_both(|app: App| async move {
        let mut identity = app.widget.signed("user-42");
        identity["name"] = json!("Ana Kovač");
        identity["email"] = json!("Ana@Customers.Example");
        let visitor = visitor_of(&app.open(None, Some(identity)).await);
        let conversation = conversation_of(&app.say(&visitor, "Hello").await);
        let detail = app.engine.find_conversation(&app.alice, &conversation).await.expect("is there");
        let contact = detail.contact.expect("a contact");
        assert_eq!((contact.display_name.as_str(), contact.known), ("Ana Kovač", true));
        let contact = app.engine.find_contact(&app.alice, &contact.id).await.expect("is there");
        assert_eq!(contact.external_id.as_deref(), Some("user-42"));
        let email = contact.addresses.iter().find(|address| address.value == "ana@customers.example");
        assert!(!email.expect("the address").verified, "a claim of the site proves no mailbox");
    });
}

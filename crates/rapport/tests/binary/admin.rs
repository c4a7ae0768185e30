//! Workspaces, users and tokens from the command line.

use crate::support::*;

#[test]
fn a_workspace_a_user_and_a_token_are_made_one_after_the_other_and_work() {
    for engine in BOTH {
        let place = Place::on(engine);
        let workspace = place.admin(&["create-workspace", "--name", "Acme & Sons"]);
        let id = workspace["id"].as_str().expect("has an id");
        let user = place.admin(&[
            "create-user",
            "--workspace",
            id,
            "--email",
            "Dana@Acme.example",
            "--name",
            "Dana Reyes",
            "--role",
            "supervisor",
            "--password",
            "a long enough password",
        ]);
        assert_eq!(
            (user["role"].as_str(), user["email"].as_str()),
            (Some("supervisor"), Some("dana@acme.example"))
        );
        let token = place.admin(&[
            "create-token",
            "--workspace",
            "Acme & Sons",
            "--email",
            "dana@acme.example",
            "--name",
            "Nightly",
        ]);
        let token = token["token"].as_str().expect("is shown once").to_owned();
        let server = place.start("serve");
        let me = call(server.address(), "GET", "/api/v1/me", &[("Authorization", &bearer(&token))], "");
        assert_eq!(me.status, 200, "{engine:?}: {}", me.body);
        assert_eq!(me.json()["user"]["name"], "Dana Reyes");
        let body = r#"{"email":"dana@acme.example","password":"a long enough password"}"#;
        let log_in = call(
            server.address(),
            "POST",
            "/api/v1/auth/login",
            &[("Content-Type", "application/json"), ("X-Rapport-Csrf", "1")],
            body,
        );
        assert_eq!(log_in.status, 200, "{}", log_in.body);
    }
}

#[test]
fn a_program_gets_a_token_for_a_person_of_any_role() {
    let place = Place::on(rapport_store::Engine::Sqlite);
    place.admin(&["create-workspace", "--name", "Acme"]);
    let mut tokens = Vec::new();
    for role in ["admin", "supervisor", "user", "read_only", "read-only"] {
        let email = format!("{}@acme.example", role.replace('_', "."));
        let person = ["--workspace", "Acme", "--email", &email];
        let secret = ["--role", role, "--password", "a long enough password"];
        let user = place.admin(&[["create-user"].as_slice(), &person, &secret].concat());
        assert_eq!(user["role"], role.replace('-', "_"));
        let token = place.admin(&[["create-token"].as_slice(), &person, &["--name", "Test"]].concat());
        tokens.push((user["role"].clone(), token["token"].as_str().expect("is shown once").to_owned()));
    }
    let server = place.start("serve");
    for (role, token) in tokens {
        let me = call(server.address(), "GET", "/api/v1/me", &[("Authorization", &bearer(&token))], "");
        assert_eq!((me.status, &me.json()["user"]["role"]), (200, &role), "{}", me.body);
    }
}

#[test]
fn whoever_forgot_a_password_gets_in_with_a_new_one_and_the_old_sessions_end() {
    let place = Place::on(rapport_store::Engine::Sqlite);
    let workspace = place.admin(&["create-workspace", "--name", "Acme"]);
    let id = workspace["id"].as_str().expect("has an id");
    let person = ["--workspace", id, "--email", "dana@acme.example"];
    place.admin(&[["create-user"].as_slice(), &person, &["--password", "the forgotten one"]].concat());
    let server = place.start("serve");
    let log_in = |password: &str| {
        let body = format!(r#"{{"email":"dana@acme.example","password":"{password}"}}"#);
        let headers = [("Content-Type", "application/json"), ("X-Rapport-Csrf", "1")];
        call(server.address(), "POST", "/api/v1/auth/login", &headers, &body)
    };
    let before = log_in("the forgotten one");
    let cookie = before.cookie.expect("is set");
    let still_in = || call(server.address(), "GET", "/api/v1/me", &[("Cookie", &cookie)], "").status;
    assert_eq!(still_in(), 200);
    let user =
        place.admin(&[["set-password"].as_slice(), &person, &["--password", "the one from now on"]].concat());
    assert_eq!(user["email"], "dana@acme.example");
    assert_eq!(still_in(), 401);
    assert_eq!(log_in("the forgotten one").status, 401);
    assert_eq!(log_in("the one from now on").status, 200);
}

#[test]
fn a_user_can_be_made_while_the_server_runs() {
    let place = Place::on(rapport_store::Engine::Sqlite);
    let server = place.start("serve");
    let workspace = place.admin(&["create-workspace", "--name", "Acme"]);
    let id = workspace["id"].as_str().expect("has an id");
    place.admin(&[
        "create-user",
        "--workspace",
        id,
        "--email",
        "dana@acme.example",
        "--name",
        "Dana",
        "--role",
        "admin",
        "--password",
        "a long enough password",
    ]);
    let rest = ["--workspace", id, "--password", "a long enough password", "--role", "user"];
    let user = place.admin(&[["create-user", "--email", "kim@acme.example"].as_slice(), &rest].concat());
    assert_eq!(user["name"], "kim", "a name can be given later");
    let token = place.admin(&["create-token", "--workspace", id, "--email", "dana@acme.example"]);
    let token = bearer(token["token"].as_str().expect("is shown once"));
    assert_eq!(call(server.address(), "GET", "/api/v1/me", &[("Authorization", &token)], "").status, 200);
}

#[test]
fn a_password_can_come_from_standard_input_and_is_not_forgotten_in_silence() {
    let place = Place::on(rapport_store::Engine::Sqlite);
    place.admin(&["create-workspace", "--name", "Acme"]);
    let arguments = [
        "admin",
        "create-user",
        "--workspace",
        "Acme",
        "--email",
        "bo@acme.example",
        "--name",
        "Bo",
        "--json",
    ];
    let made = run_in(place.folder.path(), &place.environment(), &arguments, "from standard input\n");
    assert!(made.status.success(), "{}", error_of(&made));
    let missing = run_in(place.folder.path(), &place.environment(), &arguments, "");
    assert!(!missing.status.success());
    assert!(error_of(&missing).contains("--password: is missing"), "{}", error_of(&missing));
}

#[test]
fn refusals_say_which_flag_is_wrong() {
    let place = Place::on(rapport_store::Engine::Sqlite);
    place.admin(&["create-workspace", "--name", "Acme"]);
    let user = ["admin", "create-user", "--workspace", "Acme", "--name", "Bo"];
    for (more, expected) in [
        (["--email", "nobody", "--password", "a long enough password"], "--email: "),
        (["--email", "bo@acme.example", "--password", "short"], "--password: "),
    ] {
        let output = place.run(&[&user[..], &more].concat());
        assert!(!output.status.success());
        assert!(error_of(&output).contains(expected), "{}", error_of(&output));
    }
    let output =
        place.run(&["admin", "create-token", "--workspace", "Nowhere", "--email", "bo@acme.example"]);
    assert!(!output.status.success());
    assert!(error_of(&output).contains("no such workspace"), "{}", error_of(&output));
}

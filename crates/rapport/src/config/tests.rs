//! Precedence of flags, environment and file, and how problems are told.

use std::path::PathBuf;

use rapport_store::DatabaseUrl;

use super::*;

struct Case {
    folder: tempfile::TempDir,
    overrides: Overrides,
    environment: Environment,
}

impl Case {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder, overrides: Overrides::default(), environment: Environment::default() }
    }

    fn file(mut self, text: &str) -> Self {
        let path = self.folder.path().join("rapport.toml");
        std::fs::write(&path, text).expect("writes");
        self.overrides.config = Some(path);
        self
    }

    fn environment<const N: usize>(mut self, pairs: [(&str, &str); N]) -> Self {
        self.environment = Environment::from_pairs(pairs);
        self
    }

    fn settings(&self) -> Settings {
        resolve(&self.overrides, &self.environment).expect("is good")
    }

    /// The problem with the file's own path left out.
    fn problem(&self) -> String {
        let problem = resolve(&self.overrides, &self.environment).expect_err("is refused").to_string();
        assert!(!problem.contains('\n'), "{problem}");
        problem.replace(&format!("{}/", self.folder.path().display()), "")
    }
}

fn address(text: &str) -> std::net::SocketAddr {
    text.parse().expect("is an address")
}

#[test]
fn without_any_setting_it_is_a_private_server_on_this_machine() {
    let settings = Case::new().settings();
    assert_eq!(settings.listen, address("127.0.0.1:7700"));
    assert_eq!(settings.data_folder, PathBuf::from("data"));
    assert_eq!(settings.database, DatabaseUrl::Sqlite("data/rapport.db".into()));
    assert_eq!(settings.public_url.resolve(settings.listen), "http://127.0.0.1:7700");
    assert!(settings.smtp.listen.is_none() && settings.allow_hosts.is_empty());
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let file = "listen = \"127.0.0.1:1001\"\ndata_dir = \"from-file\"\n[smtp]\nlisten = \"127.0.0.1:1002\"\n";
    let mut case = Case::new().file(file);
    assert_eq!(case.settings().listen, address("127.0.0.1:1001"));
    assert_eq!(case.settings().smtp.listen, Some(address("127.0.0.1:1002")));
    case = case.environment([
        ("RAPPORT_LISTEN", "127.0.0.1:2001"),
        ("RAPPORT_SMTP_LISTEN", "127.0.0.1:2002"),
        ("RAPPORT_DATA", "from-environment"),
    ]);
    assert_eq!(case.settings().listen, address("127.0.0.1:2001"));
    assert_eq!(case.settings().smtp.listen, Some(address("127.0.0.1:2002")));
    assert_eq!(case.settings().data_folder, PathBuf::from("from-environment"));
    case.overrides.listen = Some(address("127.0.0.1:3001"));
    case.overrides.data_dir = Some("from-flag".into());
    assert_eq!(case.settings().listen, address("127.0.0.1:3001"));
    assert_eq!(case.settings().database, DatabaseUrl::Sqlite("from-flag/rapport.db".into()));
}

#[test]
fn an_empty_variable_is_no_setting() {
    let case = Case::new().environment([("RAPPORT_LISTEN", ""), ("RAPPORT_SECRET_KEY", " ")]);
    assert_eq!(case.settings().listen, address("127.0.0.1:7700"));
    assert!(case.settings().secret_key.is_none());
}

#[test]
fn every_key_of_the_file_is_understood() {
    let case = Case::new();
    let roots = case.folder.path().join("roots.pem");
    std::fs::write(&roots, "-----BEGIN CERTIFICATE-----\n").expect("writes");
    let text = format!(
        "listen = \"0.0.0.0:80\"\npublic_url = \"https://inbox.example.org/\"\ndata_dir = \"d\"\n\
         database_url = \"postgres://rapport@db/rapport\"\nlog = \"warn\"\n\
         [smtp]\nlisten = \"0.0.0.0:25\"\nlmtp_listen = \"127.0.0.1:24\"\nhost_name = \"mx.example.org\"\n\
         tls_certificate = \"c.pem\"\ntls_key = \"k.pem\"\n\
         [network]\nallow_hosts = [\"mail.internal:25\", \"10.0.0.0/8\"]\ntrusted_proxies = [\"10.0.0.1\", \"192.168.0.0/16\"]\n\
         [limits]\nmax_attachment_bytes = 1\nmax_email_bytes = 2\nsession_days = 3\ninvitation_days = 4\n\
         chat_email_after_seconds = 5\n\
         [mail]\ntrusted_authserv_ids = [\"mx.example.org\"]\nadditional_roots = {roots:?}\n"
    );
    let settings = case.file(&text).settings();
    assert_eq!(settings.public_url, PublicUrl::Given("https://inbox.example.org".into()));
    assert_eq!(settings.database, DatabaseUrl::Postgres("postgres://rapport@db/rapport".into()));
    assert_eq!(settings.smtp.lmtp_listen, Some(address("127.0.0.1:24")));
    assert!(settings.smtp.tls.is_some());
    assert_eq!((settings.allow_hosts.len(), settings.trusted_proxies.len()), (2, 2));
    assert_eq!((settings.limits.max_attachment_bytes, settings.limits.max_email_bytes), (1, 2));
    assert_eq!((settings.limits.session_days, settings.limits.invitation_days), (3, 4));
    assert_eq!(settings.limits.chat_email_after_seconds, 5);
    assert!(settings.mail.additional_roots_pem.is_some());
}

#[test]
fn mail_greets_with_the_name_that_people_use() {
    let case = Case::new().environment([("RAPPORT_PUBLIC_URL", "https://inbox.example.org:8443")]);
    assert_eq!(case.settings().smtp.host_name, "inbox.example.org");
}

#[test]
fn problems_name_file_line_key_and_remedy() {
    for (text, expected) in [
        ("listen = \n", "rapport.toml:1: listen: "),
        ("\n\nlisten = 7700\n", "rapport.toml:3: listen: invalid type: integer"),
        ("listen = \"localhost\"\n", "rapport.toml:1: listen: invalid socket address"),
        ("public_url = \"inbox.example.org\"\n", "rapport.toml:1: public_url: is not a web address"),
        ("[smtp]\nhost_nam = \"x\"\n", "rapport.toml:2: smtp.host_nam: unknown field `host_nam`"),
        ("[limits]\n\nmax_email_bytes = 0\n", "rapport.toml:3: limits.max_email_bytes: must be at least 1"),
        ("[limits]\nsession_days = \"many\"\n", "rapport.toml:2: limits.session_days: invalid type: string"),
        ("[network]\nallow_hosts = [\"a b\"]\n", "rapport.toml:2: network.allow_hosts: not a host"),
        (
            "[network]\ntrusted_proxies = [\"proxy\"]\n",
            "rapport.toml:2: network.trusted_proxies: \"proxy\" is neither",
        ),
        ("[smtp]\ntls_key = \"k.pem\"\n", "rapport.toml: smtp.tls_certificate: is missing"),
        (
            "[mail]\nadditional_roots = \"/nowhere.pem\"\n",
            "rapport.toml: mail.additional_roots: /nowhere.pem cannot be read",
        ),
    ] {
        let problem = Case::new().file(text).problem();
        assert!(problem.starts_with(expected), "{text:?} gives {problem:?}");
        assert!(problem.contains(" — "), "{problem:?} has a remedy");
    }
}

#[test]
fn problems_of_the_environment_name_the_variable() {
    for (name, value) in [
        ("RAPPORT_LISTEN", "7700"),
        ("RAPPORT_SMTP_LISTEN", "mail"),
        ("RAPPORT_PUBLIC_URL", "ftp://x"),
        ("RAPPORT_ALLOW_HOSTS", "ok.example, not ok"),
        ("RAPPORT_SECRET_KEY", "short"),
        ("RAPPORT_DATABASE_URL", "mysql://localhost/rapport"),
    ] {
        let problem = Case::new().environment([(name, value)]).problem();
        assert!(problem.starts_with(&format!("{name}: ")) && problem.contains(" — "), "{problem:?}");
    }
}

#[test]
fn a_misspelt_variable_is_told_with_the_name_that_was_meant() {
    for (name, meant) in [
        ("RAPPORT_DATABSE_URL", "RAPPORT_DATABASE_URL"),
        ("RAPPORT_DATA_DIR", "RAPPORT_DATA"),
        ("RAPPORT_SMTP_LISTN", "RAPPORT_SMTP_LISTEN"),
        ("RAPPORT_ALLOWED_HOSTS", "RAPPORT_ALLOW_HOSTS"),
        ("RAPPORT_PORT", "RAPPORT_LOG"),
        ("RAPPORT_", "RAPPORT_LOG"),
    ] {
        let problem = Case::new().environment([(name, "secret-value"), ("RAPPORT_LOG", "info")]).problem();
        let expected =
            format!("{name}: there is no such setting — did you mean {meant}? correct or remove it");
        assert_eq!(problem, expected);
    }
}

#[test]
fn variables_of_tests_and_of_container_services_are_no_mistakes() {
    let case = Case::new().environment([
        ("RAPPORT_TEST_DATABASE_URL", "postgres://x"),
        ("RAPPORT_UPDATE", "1"),
        ("RAPPORT_IDENTITY_SECRET", "rpw_x"),
        ("RAPPORT_SERVICE_HOST", "10.0.0.1"),
        ("RAPPORT_SERVICE_PORT_HTTP", "7700"),
        ("RAPPORT_PORT", "tcp://10.0.0.1:7700"),
        ("RAPPORT_PORT_7700_TCP_ADDR", "10.0.0.1"),
        ("RAPPORT_MAIL_PORT_25_TCP", "tcp://10.0.0.1:25"),
        ("RAPPORTS", "other"),
        ("RAPPORT_EMPTY", ""),
    ]);
    assert_eq!(case.settings().listen, address("127.0.0.1:7700"));
}

#[test]
fn what_is_neither_an_address_of_postgresql_nor_a_path_is_no_database() {
    for url in [
        "sqlite://rapport.db",
        "mysql://root:hidden@db/x",
        "postgress://db/x",
        "Postgres://db/x",
        "postgres:/db/x",
        "postgres:db",
        "file:rapport.db",
        "host=db password=hidden dbname=x",
    ] {
        let problem = Case::new().environment([("RAPPORT_DATABASE_URL", url)]).problem();
        assert!(problem.starts_with("RAPPORT_DATABASE_URL: "), "{problem}");
        assert!(problem.ends_with(" — write postgres://…, or the path of an SQLite file"), "{problem}");
        assert!(!problem.contains("hidden"), "{problem}");
        let problem = Case::new().file(&format!("database_url = {url:?}\n")).problem();
        assert!(problem.starts_with("rapport.toml: database_url: "), "{problem}");
    }
    for path in [
        "rapport.db",
        "/var/lib/rapport/rapport.db",
        "./a:b.db",
        "sqlite:/var/lib/rapport.db",
        "sqlite:///var/lib/rapport.db",
    ] {
        let case = Case::new().environment([("RAPPORT_DATABASE_URL", path)]);
        let expected = DatabaseUrl::Sqlite(path.trim_start_matches("sqlite:").into());
        assert_eq!(case.settings().database, expected);
    }
}

#[test]
fn a_missing_file_is_a_problem_and_not_the_defaults() {
    let mut case = Case::new();
    case.overrides.config = Some(case.folder.path().join("nowhere.toml"));
    assert!(case.problem().starts_with("nowhere.toml: cannot be read"), "{}", case.problem());
}

//! The environment variables the program reads, behind a look-up that tests can replace. One that looks like ours and
//! is not known is a mistake, as in the file.

use std::collections::BTreeMap;

use super::problem::Problem;

const PREFIX: &str = "RAPPORT_";
/// What the program reads.
const SETTINGS: &[&str] = &[
    "RAPPORT_ALLOW_HOSTS",
    "RAPPORT_DATABASE_URL",
    "RAPPORT_DATA",
    "RAPPORT_LISTEN",
    "RAPPORT_LOG",
    "RAPPORT_PUBLIC_URL",
    "RAPPORT_SECRET_KEY",
    "RAPPORT_SMTP_LISTEN",
];
/// What others read, and may hand down to the program: tests, the build, and web sites with the chat widget.
const OF_OTHERS: &[&str] = &[
    "RAPPORT_BIN",
    "RAPPORT_BIN_FOLDER",
    "RAPPORT_CI_CACHE",
    "RAPPORT_CI_CACHE_MEGABYTES",
    "RAPPORT_FAULT_ROUNDS",
    "RAPPORT_FAULT_SEED",
    "RAPPORT_IDENTITY_SECRET",
    "RAPPORT_SERVER",
    "RAPPORT_TEST_DATABASE_URL",
    "RAPPORT_UPDATE",
];

/// The variables of one start; empty ones count as absent.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    pub fn of_process() -> Self {
        // A variable that is not Unicode cannot be one of ours.
        let pairs = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::from_pairs(pairs)
    }

    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let ours = pairs.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self(
            ours.filter(|(name, value): &(String, String)| {
                name.starts_with(PREFIX) && !value.trim().is_empty()
            })
            .collect(),
        )
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        debug_assert!(SETTINGS.contains(&name), "{name} is not among the settings");
        self.0.get(name).map(|value| value.trim())
    }

    /// Refuses a name that nobody knows: most likely it is misspelt, and its value would not count.
    pub fn check_names(&self) -> Result<(), Problem> {
        let is_known = |name: &str| SETTINGS.contains(&name) || OF_OTHERS.contains(&name);
        let unknown = self.0.iter().find(|(name, value)| !is_known(name) && !is_service_link(name, value));
        let Some((name, _)) = unknown else { return Ok(()) };
        let nearest = SETTINGS.iter().min_by_key(|known| distance(name, known)).copied().unwrap_or_default();
        Err(Problem::of_key(
            name,
            "there is no such setting",
            format!("did you mean {nearest}? correct or remove it"),
        ))
    }
}

/// Kubernetes and Docker tell each container where others are. A service named rapport, or rapport-mail, makes
/// variables that begin like ours: `RAPPORT_SERVICE_HOST`, `RAPPORT_PORT=tcp://…`, `RAPPORT_PORT_7700_TCP_ADDR`.
fn is_service_link(name: &str, value: &str) -> bool {
    let of_port = name.split_once("_PORT_").is_some_and(|(_, rest)| {
        let mut parts = rest.split('_');
        let number = parts.next().is_some_and(|number| number.parse::<u16>().is_ok());
        number && parts.next().is_some_and(|protocol| matches!(protocol, "TCP" | "UDP" | "SCTP"))
    });
    let address = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.trim().starts_with(scheme));
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || of_port
        || (name.ends_with("_PORT") && address)
}

/// How many letters have to be added, removed or exchanged to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, known) in other.iter().enumerate() {
            let exchanged = diagonal + usize::from(letter != *known);
            diagonal = row[column + 1];
            row[column + 1] = exchanged.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

//! The schema's history: one number for both engines, forward only, never edited after it landed.

mod backup;

use std::path::{Path, PathBuf};

use refinery::{Migration, Runner};

use crate::Error;
use crate::db::{DatabaseUrl, Opener, off_the_executor, postgres, private_file};

struct Step {
    version: i64,
    name: &'static str,
    /// What both engines understand.
    shared: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

impl Step {
    fn changes_sqlite(&self) -> bool {
        !self.shared.is_empty() || !self.sqlite.is_empty()
    }
}

const STEPS: &[Step] = &[
    Step {
        version: 1,
        name: "foundation",
        shared: include_str!("../migrations/V001__foundation.sql"),
        sqlite: include_str!("../migrations/V001__foundation.sqlite.sql"),
        postgres: include_str!("../migrations/V001__foundation.postgres.sql"),
    },
    Step {
        version: 2,
        name: "mailbox_leases",
        shared: include_str!("../migrations/V002__mailbox_leases.sql"),
        sqlite: "",
        postgres: "",
    },
    Step {
        version: 3,
        name: "faster_reading",
        shared: include_str!("../migrations/V003__faster_reading.sql"),
        sqlite: include_str!("../migrations/V003__faster_reading.sqlite.sql"),
        postgres: include_str!("../migrations/V003__faster_reading.postgres.sql"),
    },
    Step {
        version: 4,
        name: "contact_words",
        shared: "",
        sqlite: include_str!("../migrations/V004__contact_words.sqlite.sql"),
        postgres: include_str!("../migrations/V004__contact_words.postgres.sql"),
    },
    Step {
        version: 5,
        name: "attempts",
        shared: include_str!("../migrations/V005__attempts.sql"),
        sqlite: "",
        postgres: "",
    },
    Step {
        version: 6,
        name: "address_order",
        shared: include_str!("../migrations/V006__address_order.sql"),
        sqlite: "",
        postgres: "",
    },
    Step {
        version: 7,
        name: "faster_search",
        shared: "",
        sqlite: "",
        postgres: include_str!("../migrations/V007__faster_search.postgres.sql"),
    },
    Step {
        version: 8,
        name: "search_by_block",
        shared: "",
        sqlite: "",
        postgres: include_str!("../migrations/V008__search_by_block.postgres.sql"),
    },
    Step {
        version: 9,
        name: "address_names",
        shared: include_str!("../migrations/V009__address_names.sql"),
        sqlite: include_str!("../migrations/V009__address_names.sqlite.sql"),
        postgres: include_str!("../migrations/V009__address_names.postgres.sql"),
    },
];

/// Nodes that start at once take turns under this number.
const ADVISORY_LOCK: i64 = 0x7261_7070_6f72_7400;

/// What [`Store::migrate`](crate::Store::migrate) did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrationReport {
    /// Versions that were applied now, in order.
    pub applied: Vec<i64>,
    /// The version the database has now.
    pub version: i64,
    /// The copy that was made before a SQLite file with data was changed.
    pub backup: Option<PathBuf>,
}

/// Brings the schema of a database up to date without opening a store on it. Blocks.
pub fn migrate_database(url: &DatabaseUrl) -> Result<MigrationReport, Error> {
    let opener = Opener::new(url)?;
    off_the_executor(|| migrate(&opener))
}

/// Brings a database to a version of long ago, so that tests can update it from there. Blocks.
#[doc(hidden)]
pub fn migrate_database_up_to(url: &DatabaseUrl, version: i64) -> Result<MigrationReport, Error> {
    let opener = Opener::new(url)?;
    let known = STEPS.iter().take_while(|step| step.version <= version).count();
    off_the_executor(|| migrate_by(&opener, &STEPS[..known]))
}

pub(crate) fn migrate(opener: &Opener) -> Result<MigrationReport, Error> {
    migrate_by(opener, STEPS)
}

fn migrate_by(opener: &Opener, steps: &[Step]) -> Result<MigrationReport, Error> {
    match opener {
        Opener::Sqlite(path) => migrate_sqlite(path, steps, backup::free_bytes),
        Opener::Postgres(config) => migrate_postgres(config, steps),
    }
}

/// `free` tells how many bytes can still be written into a folder, if that can be known.
fn migrate_sqlite(
    path: &Path,
    steps: &[Step],
    free: impl Fn(&Path) -> Option<u64>,
) -> Result<MigrationReport, Error> {
    private_file::ensure(path);
    let mut connection = rusqlite::Connection::open(path).map_err(|error| failed(&error))?;
    connection
        .busy_timeout(std::time::Duration::from_secs(30))
        .and_then(|()| connection.execute_batch("pragma synchronous = full; pragma foreign_keys = on"))
        .map_err(|error| failed(&error))?;
    let tables: i64 = connection
        .query_row("select count(*) from sqlite_schema where type = 'table'", [], |row| row.get(0))
        .map_err(|error| failed(&error))?;
    let has_history =
        connection.table_exists(None, "refinery_schema_history").map_err(|error| failed(&error))?;
    let current = if has_history {
        connection.query_row(CURRENT_VERSION, [], |row| row.get(0)).map_err(|error| failed(&error))?
    } else {
        0
    };
    let latest = check_version(current, steps)?;
    let changes = steps.iter().any(|step| step.version > current && step.changes_sqlite());
    let backup = if tables > 0 && changes {
        backup::check_room(&connection, path, free)?;
        Some(backup::make(&connection, path, latest)?)
    } else {
        None
    };
    let report = runner(steps, |step| step.sqlite)?.run(&mut connection).map_err(|error| failed(&error))?;
    Ok(MigrationReport { applied: versions(&report), version: latest, backup })
}

fn migrate_postgres(config: &::postgres::Config, steps: &[Step]) -> Result<MigrationReport, Error> {
    let mut client = postgres::connect(config)?;
    let unavailable = |error: ::postgres::Error| Error::Migration(postgres::describe(&error));
    // Held by the connection, hence released with it whatever happens below.
    client.execute("select pg_advisory_lock($1)", &[&ADVISORY_LOCK]).map_err(unavailable)?;
    let has_history: bool = client
        .query_one("select to_regclass('refinery_schema_history') is not null", &[])
        .and_then(|row| row.try_get(0))
        .map_err(unavailable)?;
    let current = if has_history {
        client.query_one(CURRENT_VERSION, &[]).and_then(|row| row.try_get(0)).map_err(unavailable)?
    } else {
        0
    };
    let latest = check_version(current, steps)?;
    // All steps or none, and one commit instead of two for each.
    let runner = runner(steps, |step| step.postgres)?.set_grouped(true);
    let report = runner.run(&mut client).map_err(|error| failed(&error))?;
    Ok(MigrationReport { applied: versions(&report), version: latest, backup: None })
}

const CURRENT_VERSION: &str = "select cast(coalesce(max(version), 0) as bigint) from refinery_schema_history";

/// The version that the steps lead to, unless the database is already beyond it.
fn check_version(current: i64, steps: &[Step]) -> Result<i64, Error> {
    let latest = steps.last().map_or(0, |step| step.version);
    if current <= latest {
        return Ok(latest);
    }
    Err(Error::Migration(format!(
        "the database has version {current}, this program knows versions up to {latest}: \
         start a newer program, or restore the backup that was made before the update"
    )))
}

fn runner(steps: &[Step], own: impl Fn(&Step) -> &'static str) -> Result<Runner, Error> {
    let migrations: Result<Vec<Migration>, _> = steps
        .iter()
        .map(|step| {
            let sql = format!("{}\n{}", step.shared, own(step));
            Migration::unapplied(&format!("V{}__{}", step.version, step.name), &sql)
        })
        .collect();
    Ok(Runner::new(&migrations.map_err(|error| failed(&error))?))
}

fn versions(report: &refinery::Report) -> Vec<i64> {
    report.applied_migrations().iter().map(|migration| i64::from(migration.version())).collect()
}

fn failed(error: &dyn std::error::Error) -> Error {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    Error::Migration(text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_without_room_for_its_copy_is_left_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rapport.db");
        migrate_sqlite(&path, &STEPS[..1], |_| Some(0)).expect("an empty file needs no copy");
        let before = std::fs::read(&path).expect("a file");

        let refused = migrate_sqlite(&path, STEPS, |_| Some(4096)).expect_err("there is no room");
        let text = refused.to_string();
        for word in ["rapport.db", "4.0 KiB are free", "Free some space", "was not changed"] {
            assert!(text.contains(word), "{word}: {text}");
        }
        assert!(!text.contains('\n'), "{text}");
        assert_eq!(std::fs::read(&path).expect("a file"), before);
        let names: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").flatten().collect();
        assert!(!names.iter().any(|name| name.file_name().to_string_lossy().contains("before")), "{names:?}");

        let report = migrate_sqlite(&path, STEPS, |_| Some(1 << 40)).expect("there is room");
        let copy = report.backup.expect("a copy").metadata().expect("a file");
        assert_eq!(copy.permissions().mode() & 0o777, 0o600, "others cannot read the copy either");
    }
}

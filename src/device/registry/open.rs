//! Opening a registry, or making one.
//!
//! A new one is made in memory and written whole, so that a file of its name always has all its tables.
//! One that is there is first looked at through a connection that cannot write: what does not pass is not touched.

use super::wal::{self, with_ending};
use super::{Registry, RegistryError};
use crate::device::disk::create;
use diesel::connection::{Connection, SimpleConnection};
use diesel::migration::{MigrationSource, MigrationVersion};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("src/device/registry/migrations");

/// SQLite's `application_id` of a registry: `CWRG`.
const APPLICATION_ID: [u8; 4] = *b"CWRG";
/// What an SQLite file begins with, and where its application id stands.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const HEADER_BYTES: usize = 100;
const APPLICATION_ID_AT: usize = 68;
/// Where it says by which versions of its form it may be written and read, and those that there are.
const FORMS_AT: std::ops::Range<usize> = 18..20;
const FORMS: std::ops::RangeInclusive<u8> = 1..=2;

/// A commit is on the disk when it returns, that of a step that was done excepted, and every reference holds. Another
/// program that looks into the file is waited for two seconds.
const SETTINGS: &str = "PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; \
    PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";

impl Registry {
    /// Opens the registry in that file, or makes a new one. Writes of which the last program did not hear the answer
    /// are unknown from here on.
    pub fn open(path: &Path) -> Result<Registry, RegistryError> {
        if !path.try_exists()? {
            if has_log(path) {
                let lost = "its file is gone, and what was written to it last is still there";
                return Err(RegistryError::Damaged(lost.into()));
            }
            make(path)?;
        }
        let log_ends = wal::examine(path)?;
        examine(path)?;
        let mut registry = Registry {
            db: connect(path, "rw")?,
            wal: Some(with_ending(path, "-wal")),
            behind: false,
            is_in_doubt: log_ends == wal::End::Doubtful,
        };
        registry.db.batch_execute(SETTINGS)?;
        bring_up_to_date(&mut registry.db)?;
        registry.open_is_unknown()?;
        Ok(registry)
    }

    /// A registry that is gone when it is dropped.
    pub fn in_memory() -> Result<Registry, RegistryError> {
        let mut db = memory()?;
        db.batch_execute("PRAGMA foreign_keys = ON;")?;
        bring_up_to_date(&mut db)?;
        Ok(Registry {
            db,
            wal: None,
            behind: false,
            is_in_doubt: false,
        })
    }
}

/// Makes a new registry, whole or not at all. SQLite makes its other files as this one: for the owner alone.
fn make(path: &Path) -> Result<(), RegistryError> {
    let mut db = memory()?;
    let id = i32::from_be_bytes(APPLICATION_ID);
    db.batch_execute(&format!("PRAGMA application_id = {id};"))?;
    bring_up_to_date(&mut db)?;
    let whole = db.serialize_database_to_buffer();
    Ok(create(path, whole.try_as_slice()?)?)
}

fn memory() -> Result<SqliteConnection, RegistryError> {
    let db = SqliteConnection::establish(":memory:");
    db.map_err(|error| RegistryError::Database(error.to_string()))
}

/// Whether something was written that does not stand in the file itself yet.
fn has_log(path: &Path) -> bool {
    fs::metadata(with_ending(path, "-wal")).is_ok_and(|log| log.len() > 0)
}

/// Whether a file is a registry that this version can use. Changes nothing in it.
fn examine(path: &Path) -> Result<(), RegistryError> {
    let mut header = Vec::with_capacity(HEADER_BYTES);
    let file = File::open(path)?;
    file.take(HEADER_BYTES as u64).read_to_end(&mut header)?;
    let id = header.get(APPLICATION_ID_AT..APPLICATION_ID_AT + 4);
    if !header.starts_with(MAGIC) || id != Some(&APPLICATION_ID) {
        return Err(RegistryError::Foreign);
    }
    // SQLite would open a file of another form, and then not write it.
    let forms = header.get(FORMS_AT).unwrap_or_default();
    if !forms.iter().all(|form| FORMS.contains(form)) {
        return Err(RegistryError::Damaged(
            "its header is of no known form".into(),
        ));
    }
    // SQLite reads what is missing of the last page as zeros. While there is a log, the page may stand whole in that.
    let page = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        bytes => u64::from(bytes.max(1)),
    };
    if !fs::metadata(path)?.len().is_multiple_of(page) && !has_log(path) {
        return Err(RegistryError::Damaged("its end is cut off".into()));
    }
    let mut db = connect(path, "ro")?;
    let found = diesel::sql_query("PRAGMA quick_check(1)").load::<Check>(&mut db)?;
    if let Some(wrong) = found.into_iter().find(|found| found.quick_check != "ok") {
        return Err(RegistryError::Damaged(wrong.quick_check));
    }
    let known = MigrationSource::<Sqlite>::migrations(&MIGRATIONS).map_err(migration)?;
    let applied = db.applied_migrations().map_err(migration)?;
    let is_known =
        |version: &MigrationVersion| known.iter().any(|k| k.name().version() == *version);
    if applied.iter().all(is_known) {
        Ok(())
    } else {
        Err(RegistryError::Newer)
    }
}

#[derive(QueryableByName)]
struct Check {
    #[diesel(sql_type = Text)]
    quick_check: String,
}

fn bring_up_to_date(db: &mut SqliteConnection) -> Result<(), RegistryError> {
    db.run_pending_migrations(MIGRATIONS).map_err(migration)?;
    Ok(())
}

fn migration(error: Box<dyn std::error::Error + Send + Sync>) -> RegistryError {
    match error.downcast::<diesel::result::Error>() {
        Ok(error) => (*error).into(),
        Err(error) => RegistryError::Database(error.to_string()),
    }
}

/// A connection that never makes a file: `rw` or `ro`.
fn connect(path: &Path, mode: &str) -> Result<SqliteConnection, RegistryError> {
    let path = std::path::absolute(path)?;
    let mut place = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'\\' if cfg!(windows) => place.push('/'),
            // What a URI reads as it stands.
            b'/' | b'.' | b'-' | b'_' | b':' => place.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => place.push(char::from(*byte)),
            // Any other byte, whether or not it belongs to a letter: not every name is text.
            byte => place.push_str(&format!("%{byte:02X}")),
        }
    }
    if !place.starts_with('/') {
        // Windows: file:///C:/…
        place.insert(0, '/');
    }
    SqliteConnection::establish(&format!("file://{place}?mode={mode}"))
        .map_err(|error| RegistryError::Database(error.to_string()))
}

//! What the derive takes: ids of other kinds, sqlx's attributes, defaults, and code with names like its own.

use aftercommit::model::{GeneratedId, Stored};
use aftercommit::{Db, Model};
use uuid::Uuid;

use super::Tables;
use crate::support::Site;

on_each_database! {
    an_id_may_be_of_a_type_of_its_own,
    an_id_may_be_an_option,
    columns_are_named_as_sqlx_was_told,
    a_column_without_a_value_gets_its_default,
    names_of_the_users_own_are_not_mixed_up,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type, GeneratedId)]
#[sqlx(transparent)]
struct UserId(i64);

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "bare")]
struct Own {
    #[model(id)]
    id: UserId,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "bare")]
struct Optional {
    #[model(id)]
    id: Option<i64>,
}

#[derive(Model, sqlx::FromRow, Clone, Debug, PartialEq)]
#[model(table = "word")]
#[sqlx(rename_all = "UPPERCASE")]
struct Word {
    #[model(id)]
    id: i64,
    first_word: String,
    #[sqlx(rename = "other")]
    second_word: String,
    #[sqlx(skip)]
    no_column: u8,
    #[sqlx(default)]
    #[model(skip)]
    neither: u8,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "setting")]
struct Setting {
    #[model(id)]
    id: i64,
    name: String,
    #[model(default)]
    level: Option<i32>,
}

/// A table in a database's own words.
trait Words: Tables {
    const BARE: &'static str;
    const WORD: &'static str;
    const SETTING: &'static str;
}

impl Words for sqlx::Sqlite {
    const BARE: &'static str = "CREATE TABLE bare (id INTEGER PRIMARY KEY)";
    const WORD: &'static str = "CREATE TABLE word (\"ID\" INTEGER PRIMARY KEY, \"FIRST_WORD\" TEXT NOT NULL, other TEXT NOT NULL)";
    const SETTING: &'static str = "CREATE TABLE setting (id INTEGER PRIMARY KEY, name TEXT NOT NULL, level INTEGER DEFAULT 5)";
}

impl Words for sqlx::Postgres {
    const BARE: &'static str = "CREATE TABLE bare (id BIGSERIAL PRIMARY KEY)";
    const WORD: &'static str = "CREATE TABLE word (\"ID\" BIGSERIAL PRIMARY KEY, \"FIRST_WORD\" TEXT NOT NULL, other TEXT NOT NULL)";
    const SETTING: &'static str = "CREATE TABLE setting (id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL, level INTEGER DEFAULT 5)";
}

impl Words for sqlx::MySql {
    const BARE: &'static str = "CREATE TABLE bare (id BIGINT AUTO_INCREMENT PRIMARY KEY)";
    const WORD: &'static str = "CREATE TABLE word (`ID` BIGINT AUTO_INCREMENT PRIMARY KEY, `FIRST_WORD` TEXT NOT NULL, other TEXT NOT NULL)";
    const SETTING: &'static str = "CREATE TABLE setting (id BIGINT AUTO_INCREMENT PRIMARY KEY, name TEXT NOT NULL, level INTEGER DEFAULT 5)";
}

async fn opened<DB: Words>(table: &'static str) -> (Site<DB>, Db<DB>) {
    let site = Site::<DB>::open().await;
    let mut conn = site.others.acquire().await.expect("a connection");
    DB::run(&mut conn, table).await;
    drop(conn);
    let db = site.db.clone();
    (site, db)
}

async fn an_id_may_be_of_a_type_of_its_own<DB: Words>()
where
    Own: Stored<DB>,
{
    let (_site, db) = opened::<DB>(DB::BARE).await;
    let mut rows = [UserId(0), UserId(0), UserId(0)].map(|id| Own { id });
    db.save(&mut rows[0]).await.expect("saved");
    db.save_many(&mut rows).await.expect("saved");
    assert_eq!(rows.clone().map(|row| row.id.0), [1, 2, 3]);
    assert_eq!(db.get::<Own>(&UserId(2)).await.expect("there"), rows[1]);
}

async fn an_id_may_be_an_option<DB: Words>()
where
    Optional: Stored<DB>,
{
    let (_site, db) = opened::<DB>(DB::BARE).await;
    let mut rows = [None, None].map(|id| Optional { id });
    let error = db.update(&mut rows[0]).await.expect_err("not saved yet");
    assert_eq!(error.code(), Some("ID_UNSET"));
    db.save_many(&mut rows).await.expect("saved");
    assert_eq!(rows.clone().map(|row| row.id), [Some(1), Some(2)]);
    let read = db.get::<Optional>(&Some(2)).await.expect("there");
    assert_eq!(read, rows[1]);
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "keyed")]
struct Keyed {
    #[model(id)]
    id: Option<Uuid>,
    name: String,
}

async fn the_database_gives_a_uuid<DB: Words>(table: &'static str)
where
    Keyed: Stored<DB>,
{
    let (_site, db) = opened::<DB>(table).await;
    let mut rows = ["a", "b", "c"].map(|name| Keyed {
        id: None,
        name: name.into(),
    });
    db.save(&mut rows[0]).await.expect("saved");
    db.save_many(&mut rows).await.expect("saved");
    for row in &rows {
        assert_eq!(&db.get::<Keyed>(&row.id).await.expect("there"), row);
    }
}

#[tokio::test]
async fn a_uuid_of_the_databases_is_told_only_on_postgres() {
    let table = "CREATE TABLE keyed (id UUID PRIMARY KEY DEFAULT gen_random_uuid(), name TEXT)";
    the_database_gives_a_uuid::<sqlx::Postgres>(table).await;
}

#[tokio::test]
async fn a_uuid_of_the_databases_is_told_only_on_sqlite() {
    let table = "CREATE TABLE keyed (id BLOB PRIMARY KEY DEFAULT (randomblob(16)), name TEXT)";
    the_database_gives_a_uuid::<sqlx::Sqlite>(table).await;
}

#[tokio::test]
async fn a_uuid_of_the_databases_is_told_only_on_mysql() {
    let table = "CREATE TABLE keyed (id BINARY(16) PRIMARY KEY DEFAULT (UNHEX(REPLACE(UUID(), '-', ''))), name TEXT)";
    the_database_gives_a_uuid::<sqlx::MySql>(table).await;
}

async fn columns_are_named_as_sqlx_was_told<DB: Words>()
where
    Word: Stored<DB>,
{
    let (_site, db) = opened::<DB>(DB::WORD).await;
    let mut word = Word {
        id: 0,
        first_word: "a".into(),
        second_word: "b".into(),
        no_column: 0,
        neither: 0,
    };
    db.save(&mut word).await.expect("saved");
    assert_eq!(db.get::<Word>(&word.id).await.expect("there"), word);
}

async fn a_column_without_a_value_gets_its_default<DB: Words>()
where
    Setting: Stored<DB>,
{
    let (_site, db) = opened::<DB>(DB::SETTING).await;
    let setting = |level| Setting {
        id: 0,
        name: "a".into(),
        level,
    };
    let mut one = setting(None);
    db.save(&mut one).await.expect("saved");
    assert_eq!(one.level, Some(5), "read back");
    one.level = None;
    db.save(&mut one).await.expect("saved");
    assert_eq!(db.get::<Setting>(&one.id).await.expect("there").level, None);
    let mut many = [None, Some(1), Some(2), None, None].map(setting);
    db.save_many(&mut many).await.expect("saved");
    let mut levels = Vec::new();
    for row in &many {
        levels.push(db.get::<Setting>(&row.id).await.expect("there").level);
    }
    assert_eq!(levels, [5, 1, 2, 5, 5].map(Some));
}

/// Whatever is in scope, the derive means its own; and the library may be known under another name.
mod hostile {
    #![expect(
        dead_code,
        non_camel_case_types,
        non_upper_case_globals,
        reason = "names that could be taken for those of the derive"
    )]

    use ::aftercommit as other_name;

    pub struct DB;
    pub struct Result;
    pub struct Option;
    pub struct String;
    pub struct Some;
    pub struct None;
    pub struct Ok;
    pub struct Err;
    pub struct Error;
    pub struct Default;
    pub struct Model;
    pub struct Stored;
    pub struct Values;
    pub struct Columns;
    pub struct bool;
    pub struct usize;
    pub struct u64;
    pub const column: u8 = 0;
    pub const row: u8 = 0;
    pub const at: u8 = 0;
    pub const values: u8 = 0;
    pub const id: u8 = 0;
    pub const number: u8 = 0;
    pub const other: u8 = 0;
    mod aftercommit {}
    mod core {}

    #[derive(other_name::Model, ::core::clone::Clone)]
    #[model(table = "setting", keep_old, crate = "other_name")]
    pub struct Setting {
        #[model(id)]
        pub id: i64,
        pub name: ::std::string::String,
        #[model(default)]
        pub level: ::core::option::Option<i32>,
        #[model(skip)]
        pub skipped: u8,
    }
}

async fn names_of_the_users_own_are_not_mixed_up<DB: Words>()
where
    hostile::Setting: Stored<DB>,
{
    let (_site, db) = opened::<DB>(DB::SETTING).await;
    let mut setting = hostile::Setting {
        id: 0,
        name: "a".into(),
        level: None,
        skipped: 1,
    };
    db.save(&mut setting).await.expect("saved");
    assert_eq!((setting.id, setting.level), (1, Some(5)));
}

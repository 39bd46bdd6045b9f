//! What sqlx is told about reading a row and a model cannot follow when it writes one.
use aftercommit::Model;

#[derive(Model, Clone)]
#[model(table = "users")]
struct Json {
    #[model(id)]
    id: i64,
    #[sqlx(json)]
    address: String,
}

#[derive(Model, Clone)]
#[model(table = "users")]
struct Flatten {
    #[model(id)]
    id: i64,
    #[sqlx(flatten)]
    address: String,
}

#[derive(Model, Clone)]
#[model(table = "users")]
struct Default {
    #[model(id)]
    id: i64,
    #[sqlx(default)]
    address: String,
}

#[derive(Model, Clone)]
#[model(table = "users")]
struct TryFrom {
    #[model(id)]
    id: i64,
    #[sqlx(try_from = "i64")]
    age: u8,
}

#[derive(Model, Clone)]
#[model(table = "users")]
#[sqlx(rename_all = "kebab-case")]
struct Kebab {
    #[model(id)]
    id: i64,
}

#[derive(Model, Clone)]
#[model(table = "users")]
#[sqlx(default)]
struct AllDefault {
    #[model(id)]
    id: i64,
}

fn main() {}

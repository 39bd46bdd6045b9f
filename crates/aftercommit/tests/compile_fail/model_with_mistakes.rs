//! Mistakes in the attributes: each error points at its place and says the way out.
use aftercommit::Model;

#[derive(Model, Clone)]
struct Unnamed {
    #[model(id)]
    id: i64,
}

#[derive(Model, Clone)]
#[model(table = "users; DROP TABLE users")]
struct Injected {
    #[model(id)]
    id: i64,
}

#[derive(Model, Clone)]
#[model(table = "users")]
struct NoId {
    name: String,
}

#[derive(Model, Clone)]
#[model(table = "users")]
struct Misspelled {
    #[model(primary_key)]
    id: i64,
}

#[derive(Model, Clone)]
#[model(table = "users")]
struct Twice {
    #[model(id)]
    id: i64,
    name: String,
    #[model(column = "name")]
    title: String,
}

#[derive(Model, Clone)]
#[model(table = "users")]
enum Either {
    A,
}

#[derive(Model, Clone)]
#[model(table = "users", table = "people")]
struct NamedTwice {
    #[model(id)]
    id: i64,
}

#[derive(Model, Clone)]
#[model(table = "users")]
struct RenamedTwice {
    #[model(id, column = "a", column = "b")]
    id: i64,
}

#[derive(Model, Clone)]
#[model(table = users)]
struct Unquoted {
    #[model(id)]
    id: i64,
}

fn main() {}

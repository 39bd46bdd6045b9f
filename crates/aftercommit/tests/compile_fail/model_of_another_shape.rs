//! Structs that are no rows: each has one error.
use aftercommit::Model;
use aftercommit::model::GeneratedId;

#[derive(Model, Clone)]
#[model(table = "users")]
struct Tuple(i64, String);

#[derive(Model, Clone)]
struct Unit;

#[derive(Model, Clone)]
#[model(table = "users")]
struct Generic<T> {
    #[model(id)]
    id: i64,
    value: T,
}

#[derive(Model, Clone)]
#[model(table = "users")]
struct Borrowed<'a> {
    #[model(id)]
    id: i64,
    name: &'a str,
}

#[derive(Model, Clone)]
#[model(table = "users")]
struct Long {
    #[model(id)]
    id: i64,
    a_name_that_is_longer_than_postgres_keeps_names_which_is_sixty_three: i64,
}

#[derive(Model, Clone)]
#[model(table = "users")]
struct LongNamed {
    #[model(id, column = "äääääääääääääääääääääääääääääääää")]
    id: i64,
}

#[derive(Model, Clone)]
#[model(table = "users")]
struct NotOptional {
    #[model(id)]
    id: i64,
    #[model(default)]
    name: String,
}

#[derive(GeneratedId)]
struct Pair(i64, i64);

fn main() {}

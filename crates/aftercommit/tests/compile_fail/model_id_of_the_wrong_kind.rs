//! The database does not number rows with text, nor with a type that does not say that it is a number.
use aftercommit::Model;

#[derive(Model, Clone)]
#[model(table = "users")]
struct User {
    #[model(id)]
    id: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(transparent)]
struct PageId(i64);

#[derive(Model, Clone)]
#[model(table = "pages")]
struct Page {
    #[model(id)]
    id: PageId,
}

fn main() {}

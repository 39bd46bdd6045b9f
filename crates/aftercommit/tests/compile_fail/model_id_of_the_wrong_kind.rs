//! The database does not number rows with text.
use aftercommit::Model;

#[derive(Model, Clone)]
#[model(table = "users")]
struct User {
    #[model(id)]
    id: String,
}

fn main() {}

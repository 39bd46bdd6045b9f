//! The integration tests: what is asked, and what the index follows.

mod durable;
mod processor;
mod query;

use aftercommit::Model;
use aftercommit_search::{Index, Indexed, Tantivy};

/// A row that is found.
#[derive(Model, Clone, Debug)]
#[model(table = "users")]
struct User {
    #[model(id)]
    id: i64,
    name: String,
    about: String,
    city: String,
    age: i64,
}

fn user(id: i64, name: &str, about: &str, city: &str, age: i64) -> User {
    let (name, about, city) = (name.to_owned(), about.to_owned(), city.to_owned());
    User {
        id,
        name,
        about,
        city,
        age,
    }
}

async fn open(engine: Tantivy) -> aftercommit_search::Result<Indexed<User>> {
    Index::of("users")
        .text("name", |user: &User| user.name.clone())
        .text("about", |user| user.about.clone())
        .keyword("city", |user| user.city.clone())
        .number("age", |user| user.age)
        .only(|user| user.city != "hidden")
        .open(engine)
        .await
}

//! What is asked, and what is answered.

use aftercommit_search::{Direction, Index, Indexed, Query, Tantivy};

use crate::{User, open, user};

async fn filled() -> Indexed<User> {
    let users = open(Tantivy::in_memory()).await.expect("opened");
    let rows = [
        user(1, "Ada Lovelace", "wrote the first program", "London", 36),
        user(
            2,
            "Charles Babbage",
            "designed the engine & <wrote> of it",
            "London",
            79,
        ),
        user(3, "Emmy Noether", "proved a theorem", "Erlangen", 53),
        user(4, "Karl Müller", "wrote wrote wrote", "Zürich", 41),
        user(5, "Nobody", "is not to be found", "hidden", 1),
    ];
    users.put(&rows).await.expect("put");
    users
}

async fn ids(users: &Indexed<User>, query: Query) -> Vec<i64> {
    users
        .search(query)
        .await
        .expect("found")
        .ids()
        .expect("numbers")
}

#[tokio::test]
async fn words_are_found_in_any_field() {
    let users = filled().await;
    for (words, found) in [
        ("ada", &[1][..]),
        ("ADA", &[1]),
        ("love", &[1]),
        ("lovelace ada", &[1]),
        ("love ada", &[]),
        ("ada program", &[1]),
        ("ada engine", &[]),
        ("muller", &[4]),
        ("Müll", &[4]),
        ("nobody", &[]),
        ("xyz", &[]),
        ("!?", &[]),
        ("🦀", &[]),
        (&"x".repeat(200), &[]),
        (&format!("ada {}", "x".repeat(200)), &[]),
        (&format!("{} ada", "x".repeat(200)), &[]),
    ] {
        assert_eq!(ids(&users, Query::words(words)).await, found, "{words}");
    }
    let best = ids(&users, Query::words("wrote")).await;
    assert_eq!(best.len(), 3);
    assert_eq!(best[0], 4, "who says it most comes first");
    for blank in ["", " \t"] {
        let all = users.search(Query::words(blank)).await.expect("all");
        assert_eq!(all.total, 4);
    }
}

#[tokio::test]
async fn filters_order_and_pages() {
    use Direction::{Ascending, Descending};
    let users = filled().await;
    let by_age = |direction| Query::all().order_by("age", direction);
    assert_eq!(ids(&users, by_age(Ascending)).await, [1, 4, 3, 2]);
    assert_eq!(ids(&users, by_age(Descending)).await, [2, 3, 4, 1]);
    assert_eq!(
        ids(&users, Query::all().order_by("city", Ascending).page(1, 1)).await,
        [3]
    );
    assert_eq!(
        ids(&users, by_age(Ascending).filter("city", "London")).await,
        [1, 2]
    );
    assert_eq!(ids(&users, Query::all().filter("age", 53)).await, [3]);
    assert_eq!(
        ids(&users, by_age(Ascending).between("age", 36, 53)).await,
        [1, 4, 3]
    );
    assert_eq!(
        ids(
            &users,
            Query::words("wrote")
                .filter("city", "London")
                .between("age", 70, 90)
        )
        .await,
        [2]
    );

    let page = users
        .search(by_age(Ascending).page(2, 3))
        .await
        .expect("a page");
    assert_eq!((page.total, page.number, page.pages), (4, 2, 2));
    assert_eq!(page.ids::<i64>().expect("numbers"), [2]);
    assert_eq!(ids(&users, by_age(Ascending).page(3, 3)).await, [0_i64; 0]);
}

#[tokio::test]
async fn highlights_are_safe_to_show() {
    let users = filled().await;
    let page = users.search(
        Query::words("wrote")
            .filter("city", "London")
            .highlight("about")
            .order_by("age", Direction::Descending),
    );
    let hits = page.await.expect("found").hits;
    assert_eq!(
        hits[0].highlights["about"],
        "designed the engine &amp; &lt;<mark>wrote</mark>&gt; of it"
    );
    assert_eq!(
        hits[1].highlights["about"],
        "<mark>wrote</mark> the first program"
    );
}

#[tokio::test]
async fn texts_come_along_where_they_are_asked_for() {
    let users = filled().await;
    let page = users.search(Query::words("ada").show("name")).await;
    assert_eq!(page.expect("found").hits[0].texts["name"], "Ada Lovelace");
    let page = users.search(Query::words("ada")).await.expect("found");
    assert!(page.hits[0].texts.is_empty());
}

#[tokio::test]
async fn hostile_words_are_words() {
    let users = filled().await;
    let stars = "a* b* c* ".repeat(1_000);
    let megabyte = "x".repeat(1 << 20);
    for words in [
        "*",
        "/(a+)+$/",
        "\"unbalanced",
        "name:ada",
        "AND OR NOT",
        "+-&&||!(){}[]^~?:\\",
        "\0",
        "🦀",
        "[a TO z]",
        &stars,
        &megabyte,
        "''; --",
    ] {
        users
            .search(Query::words(words).highlight("name"))
            .await
            .expect("an answer");
    }
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..2_000 {
        let words: String = (0..random.usize(..30)).map(|_| random.char(..)).collect();
        users
            .search(Query::words(words).highlight("about"))
            .await
            .expect("an answer");
    }
    assert_eq!(
        ids(&users, Query::words("name:ada")).await,
        [0_i64; 0],
        "no syntax: a word \"name\" that nobody has"
    );
}

#[tokio::test]
async fn what_cannot_be_asked_is_said() {
    let users = filled().await;
    for (query, text) in [
        (
            Query::all().filter("town", "x"),
            "index users cannot be filtered by \"town\": the fields for that are [city, age]",
        ),
        (
            Query::all().filter("name", "x"),
            "cannot be filtered by \"name\"",
        ),
        (
            Query::all().filter("age", "old"),
            "age is a number, and the filter's value is not",
        ),
        (
            Query::all().between("city", 1, 2),
            "the fields for that are [age]",
        ),
        (
            Query::all().order_by("about", Direction::Ascending),
            "cannot be ordered by \"about\"",
        ),
        (
            Query::all().highlight("city"),
            "the fields for that are [name, about]",
        ),
        (Query::all().page(0, 10), "counted from 1"),
        (Query::all().page(1, 0), "counted from 1"),
        (Query::all().page(1, 1_001), "1 to 1000 hits"),
        (Query::all().page(usize::MAX, 1_000), "end at hit 10000"),
    ] {
        let error = users.search(query).await.expect_err(text);
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[tokio::test]
async fn an_index_that_cannot_be_opened_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = open(Tantivy::in_folder(folder.path()))
        .await
        .expect("opened");
    first
        .put(&[user(1, "Ada", "", "London", 36)])
        .await
        .expect("put");
    let error = open(Tantivy::in_folder(folder.path()))
        .await
        .expect_err("two writers");
    assert_eq!(error.code(), "SEARCH_LOCKED", "{error}");
    drop(first);
    // The lock is free when the thread that wrote has ended, which nobody waits for: ask until it is.
    let again = loop {
        match open(Tantivy::in_folder(folder.path())).await {
            Ok(again) => break again,
            Err(error) => assert_eq!(error.code(), "SEARCH_LOCKED", "{error}"),
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(
        ids(&again, Query::words("ada")).await,
        [1],
        "what was written is there"
    );
    drop(again);

    let other = Index::of("users").text("title", |user: &User| user.name.clone());
    let error = other
        .open(Tantivy::in_folder(folder.path()))
        .await
        .expect_err("other fields");
    assert_eq!(error.code(), "SEARCH_SCHEMA", "{error}");
    let twice = Index::of("users")
        .text("a", |user: &User| user.name.clone())
        .number("a", |_| 1);
    assert_eq!(
        twice
            .open(Tantivy::in_memory())
            .await
            .expect_err("twice")
            .code(),
        "SEARCH_NAME"
    );
    let named = Index::of("../_all").text("a", |user: &User| user.name.clone());
    assert_eq!(
        named
            .open(Tantivy::in_memory())
            .await
            .expect_err("a name")
            .code(),
        "SEARCH_NAME"
    );
}

//! Many rows at once.

use aftercommit::model::Stored;

use super::{Log, Person, Tables, ada, listening, open, take};

on_each_database_and_the_pooler! {
    many_rows_send_one_signal,
    many_rows_fill_more_than_one_statement,
}

async fn many_rows_send_one_signal<DB: Tables>()
where
    Person: Stored<DB>,
{
    let heard = Log::default();
    let site = open::<DB>().await.with_signals(listening(&heard));
    let named = |name: &str| Person {
        name: name.into(),
        ..ada()
    };
    let mut people = vec![named("a"), named("b")];
    site.db.save_many(&mut people).await.expect("saved");
    people[1].rank = Some(1);
    people.push(named("c"));
    people.push(Person {
        id: 50,
        ..named("d")
    });
    site.db.save_many(&mut people).await.expect("saved");
    let ids: Vec<i64> = people.iter().map(|person| person.id).collect();
    assert_eq!(ids, [1, 2, 3, 50]);
    assert_eq!(
        site.db.get::<Person>(&2).await.expect("there").rank,
        Some(1)
    );
    assert_eq!(site.db.get::<Person>(&50).await.expect("there").name, "d");
    let found = site
        .db
        .delete_many::<Person>(&[1, 50, 99])
        .await
        .expect("deleted");
    assert_eq!(found, 2);
    site.db
        .save_many::<Person>(&mut [])
        .await
        .expect("nothing to do");
    site.db
        .delete_many::<Person>(&[])
        .await
        .expect("nothing to do");
    assert_eq!(
        take(&heard),
        [
            "saved many [1, 2] created [true, true]",
            "saved many [1, 2, 3, 50] created [false, false, true, true]",
            "deleted many [1, 50, 99] found 2",
        ]
    );
}

/// More rows than parameters fit into one statement, and each id still belongs to its row.
async fn many_rows_fill_more_than_one_statement<DB: Tables>()
where
    Person: Stored<DB>,
{
    let site = open::<DB>().await;
    let mut people: Vec<Person> = (0..40_000)
        .map(|n| Person {
            name: format!("p{n}"),
            rank: Some(n),
            ..ada()
        })
        .collect();
    site.db.save_many(&mut people).await.expect("saved");
    for n in [0, 1, 16_382, 16_383, 32_766, 32_767, 39_999] {
        let read = site.db.get::<Person>(&people[n].id).await.expect("there");
        assert_eq!(read.name, people[n].name);
    }
    let ids: Vec<i64> = people.iter().map(|person| person.id).collect();
    assert_eq!(
        site.db.delete_many::<Person>(&ids).await.expect("deleted"),
        40_000
    );
}

use aftercommit::{*, Ok};
use sqlx::Sqlite;
#[tokio::test]
async fn smoke() {
    let dir = tempfile::tempdir().unwrap();
    let db: Db<Sqlite> = Db::connect(&format!("sqlite://{}/a.db", dir.path().display())).await.unwrap()
        .with_observer(|e| println!("{e:?}"));
    sqlx::query("CREATE TABLE item(id INTEGER PRIMARY KEY)").execute(db.pool()).await.unwrap();
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let t2 = told.clone();
    db.atomic(async |tx| {
        sqlx::query("INSERT INTO item VALUES (?)").bind(1).execute(&mut *tx).await?;
        tx.on_commit(async move || told.send("a"));
        let r: Result<()> = tx.atomic(async |tx| {
            sqlx::query("INSERT INTO item VALUES (?)").bind(2).execute(&mut *tx).await?;
            tx.on_commit(async move || t2.send("b"));
            sqlx::query("INSERT INTO item VALUES (?)").bind(2).execute(&mut *tx).await?;
            Ok(())
        }).await;
        println!("{r:?}");
        let n: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM item").fetch_one(&mut *tx).await?;
        assert_eq!(n, 1);
        Ok(())
    }).await.unwrap();
    assert_eq!(heard.recv().await, Some("a"));
    assert_eq!(heard.recv().await, None);
    async fn during(tx: &mut Tx<Sqlite>, n: &u32) -> Result<()> { sqlx::query("INSERT INTO item VALUES (?)").bind(*n).execute(&mut *tx).await?; Ok(()) }
    let db = db.with_signals(Signals::new().during("x", during).during("y", async |_n: &u32| Ok(())).after_commit("z", |n: std::sync::Arc<u32>| async move { println!("z{n}") }));
    println!("{:?}", db.signals());
    db.send(7u32).await.unwrap();
    let e = db.atomic(async |tx| { let _ = tx.send(7u32).await; Ok(()) }).await.unwrap_err();
    println!("{e}");
    let h = tokio::spawn({ let db = db.clone(); async move { db.atomic(async |tx| { tx.send(9u32).await?; Ok(()) }).await } });
    h.await.unwrap().unwrap();
}

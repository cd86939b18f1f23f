//! The migrations.

use examples::test_database::TestDatabase;
use store_context_adapters::postgres::Schema;

/// Running the migrations again, from two processes at once, changes nothing.
#[tokio::test]
async fn they_run_once() {
    let database = TestDatabase::empty().await.unwrap();
    let (mut first, mut second) =
        (database.owner().await.unwrap(), database.owner().await.unwrap());
    let migrations = database.migrations().unwrap();
    for _ in 0..20 {
        let (one, two) = tokio::join!(migrations.run(&mut first), migrations.run(&mut second));
        one.unwrap();
        two.unwrap();
    }
    let ran = "SELECT count(*) FROM store_context.migrations";
    let ran = ran.replace("store_context", database.schema());
    let ran: i64 =
        sqlx::query_scalar(sqlx::AssertSqlSafe(ran)).fetch_one(&mut first).await.unwrap();
    migrations.run(&mut first).await.unwrap();
    assert!(ran > 0);
    assert!(Schema::new(database.schema()).is_ok());
}

//! The methods of the help center, surveys, search and the reporting of past events.
#![expect(clippy::default_trait_access, reason = "only the answer's type matters here")]

use chatwoot_client::application::help_center::NewArticle;

use super::{Row, table};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = help_center();
    rows.extend(surveys());
    rows
}

fn help_center() -> Vec<Row> {
    table! { account(on) {
        "portals.list" => on.portals().list(),
        "portals.get" => on.portals().get("p"),
        "portals.create" => on.portals().create(&Default::default()),
        "portals.update" => on.portals().update("p", &Default::default()),
        "portals.delete" => on.portals().delete("p"),
        "portals.delete_logo" => on.portals().delete_logo("p"),
        "portals.send_instructions" => on.portals().send_instructions("p", "a@example.com"),
        "categories.list" => on.categories().list("p", &Default::default()),
        "categories.get" => on.categories().get("p", 1.into()),
        "categories.create" => on.categories().create("p", &Default::default()),
        "categories.update" => on.categories().update("p", 1.into(), &Default::default()),
        "categories.delete" => on.categories().delete("p", 1.into()),
        "categories.reorder" => on.categories().reorder("p", &Default::default()),
        "articles.list" => on.articles().list("p", &Default::default()),
        "articles.get" => on.articles().get("p", 1.into()),
        "articles.create" => on.articles().create("p", &NewArticle::new("", 1.into())),
        "articles.update" => on.articles().update("p", 1.into(), &Default::default()),
        "articles.delete" => on.articles().delete("p", 1.into()),
        "articles.reorder" => on.articles().reorder("p", &Default::default()),
        "articles.set_status_of" => on.articles().set_status_of("p", &[], "draft".into()),
        "articles.set_category_of" => on.articles().set_category_of("p", &[], 1.into()),
        "articles.delete_all_of" => on.articles().delete_all_of("p", &[]),
        "search.all" => on.search().all(&Default::default()),
        "search.contacts" => on.search().contacts(&Default::default()),
        "search.conversations" => on.search().conversations(&Default::default()),
        "search.messages" => on.search().messages(&Default::default()),
        "search.articles" => on.search().articles(&Default::default()),
        "reporting_events.list" => on.reporting_events().list(&Default::default()),
        "reporting_events.of_conversation" => on.reporting_events().of_conversation(1.into()),
        "csat.list" => on.csat().list(&Default::default()),
        "csat.metrics" => on.csat().metrics(&Default::default()),
    } }
}

fn surveys() -> Vec<Row> {
    table! { client(on) {
        "csat_survey.get" => on.csat_survey().get("u"),
        "csat_survey.answer" => on.csat_survey().answer("u", &Default::default()),
        "csat_survey.page" => on.csat_survey().page("u"),
    } }
}

//! The help center: portals, categories, articles.

use std::collections::BTreeMap;

use anyhow::ensure;
use chatwoot_client::application::help_center::{
    ArticlePatch, ArticleStatus, ArticlesQuery, CategoriesQuery, CategoryPatch, NewArticle,
    NewCategory, NewPortal, PortalPatch,
};
use chatwoot_client::types::CategoryId;

use super::session::{Cut, Session};
use super::stage::Stage;

async fn portal(session: &Session, stage: &Stage, what: &str) -> Result<String, Cut> {
    // A server of 4.9.1 fails on a portal without a domain.
    let new = NewPortal {
        custom_domain: Some(format!("{what}.{}.example.com", session.run)),
        ..NewPortal::new("Help", session.name(what))
    };
    Ok(session.done(stage.account.portals().create(&new)).await?.slug)
}

async fn category(session: &Session, stage: &Stage, slug: &str) -> Result<CategoryId, Cut> {
    let new = NewCategory::new("Returns", session.name("returns"), "en");
    Ok(session.done(stage.account.categories().create(slug, &new)).await?.id)
}

pub(super) async fn portals(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let portals = stage.account.portals();
    let slug = portal(session, stage, "help").await?;
    let change = PortalPatch { page_title: "Answers".into(), ..PortalPatch::default() };
    session.done(portals.update(&slug, &change)).await?;
    session
        .step(portals.get(&slug), |is| {
            ensure!(is.name == "Help", "what was not named has changed");
            ensure!(is.page_title.as_deref() == Some("Answers"));
            Ok(())
        })
        .await?;
    session
        .step(portals.list(), |list| {
            must!(list.payload.iter().any(|one| one.slug == slug), "the portal is not listed")
        })
        .await?;
    // Not `?`: the calls are independent.
    drop(session.done(portals.delete_logo(&slug)).await);
    drop(session.done(portals.send_instructions(&slug, &session.email("admin"))).await);
    session.done(portals.delete(&slug)).await
}

pub(super) async fn categories(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let categories = stage.account.categories();
    let slug = portal(session, stage, "categories").await?;
    let made = category(session, stage, &slug).await?;
    let change = CategoryPatch { description: "Goods back".into(), ..CategoryPatch::default() };
    session.done(categories.update(&slug, made, &change)).await?;
    session
        .step(categories.get(&slug, made), |is| {
            ensure!(is.name == "Returns", "what was not named has changed");
            ensure!(is.description.as_deref() == Some("Goods back"));
            Ok(())
        })
        .await?;
    session.done(categories.reorder(&slug, &BTreeMap::from([(made, 20)]))).await?;
    session
        .step(categories.list(&slug, &CategoriesQuery::default()), |list| {
            must!(list.payload.iter().any(|one| one.id == made), "the category is not listed")
        })
        .await?;
    session.done(categories.delete(&slug, made)).await
}

pub(super) async fn articles(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let articles = stage.account.articles();
    let slug = portal(session, stage, "articles").await?;
    let category = category(session, stage, &slug).await?;
    let new = |title: &str| NewArticle {
        content: Some("# Returns".into()),
        locale: Some("en".into()),
        ..NewArticle::new(session.name(title), stage.admin)
    };
    let article = session.done(articles.create(&slug, &new("first"))).await?.id;
    let other = session.done(articles.create(&slug, &new("second"))).await?.id;
    let change = ArticlePatch { description: "Goods back".into(), ..ArticlePatch::default() };
    session.done(articles.update(&slug, article, &change)).await?;
    session
        .step(articles.get(&slug, article), |is| {
            ensure!(is.title == session.name("first"), "what was not named has changed");
            ensure!(is.description.as_deref() == Some("Goods back"));
            Ok(())
        })
        .await?;
    session
        .step(articles.list(&slug, &ArticlesQuery::default()), |list| {
            must!(list.payload.iter().any(|one| one.id == article), "the article is not listed")
        })
        .await?;
    session.done(articles.reorder(&slug, &BTreeMap::from([(article, 20), (other, 10)]))).await?;
    // Not `?`: an older server may lack the bulk operations.
    drop(session.done(articles.set_category_of(&slug, &[article], category)).await);
    let published = articles.set_status_of(&slug, &[article], ArticleStatus::Published);
    if session.done(published).await.is_ok() {
        session
            .step(articles.get(&slug, article), |is| {
                must!(is.status == Some(ArticleStatus::Published))
            })
            .await?;
    }
    drop(session.done(articles.delete_all_of(&slug, &[other])).await);
    session.done(articles.delete(&slug, article)).await
}

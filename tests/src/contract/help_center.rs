//! The help center: portals, categories, articles.

use std::collections::BTreeMap;

use anyhow::ensure;
use chatwoot_client::application::help_center::{
    ArticlePatch, ArticleStatus, ArticlesQuery, CategoriesQuery, CategoryPatch, NewArticle,
    NewCategory, NewPortal, PortalPatch,
};
use chatwoot_client::types::CategoryId;

use super::desk::{Cut, Desk};
use super::stage::Stage;

async fn portal(desk: &Desk, stage: &Stage, what: &str) -> Result<String, Cut> {
    // A server of 4.9.1 fails on a portal without a domain.
    let new = NewPortal {
        custom_domain: Some(format!("{what}.{}.example.com", desk.run)),
        ..NewPortal::new("Help", desk.name(what))
    };
    Ok(desk.done(stage.account.portals().create(&new)).await?.slug)
}

async fn category(desk: &Desk, stage: &Stage, slug: &str) -> Result<CategoryId, Cut> {
    let new = NewCategory::new("Returns", desk.name("returns"), "en");
    Ok(desk.done(stage.account.categories().create(slug, &new)).await?.id)
}

pub(super) async fn portals(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let portals = stage.account.portals();
    let slug = portal(desk, stage, "help").await?;
    let change = PortalPatch { page_title: "Answers".into(), ..PortalPatch::default() };
    desk.done(portals.update(&slug, &change)).await?;
    desk.step(portals.get(&slug), |is| {
        ensure!(is.name == "Help", "what was not named has changed");
        ensure!(is.page_title.as_deref() == Some("Answers"));
        Ok(())
    })
    .await?;
    desk.step(portals.list(), |list| {
        must!(list.payload.iter().any(|one| one.slug == slug), "the portal is not listed")
    })
    .await?;
    // Not `?`: each is for itself.
    drop(desk.done(portals.delete_logo(&slug)).await);
    drop(desk.done(portals.send_instructions(&slug, &desk.email("admin"))).await);
    desk.done(portals.delete(&slug)).await
}

pub(super) async fn categories(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let categories = stage.account.categories();
    let slug = portal(desk, stage, "categories").await?;
    let made = category(desk, stage, &slug).await?;
    let change = CategoryPatch { description: "Goods back".into(), ..CategoryPatch::default() };
    desk.done(categories.update(&slug, made, &change)).await?;
    desk.step(categories.get(&slug, made), |is| {
        ensure!(is.name == "Returns", "what was not named has changed");
        ensure!(is.description.as_deref() == Some("Goods back"));
        Ok(())
    })
    .await?;
    desk.done(categories.reorder(&slug, &BTreeMap::from([(made, 20)]))).await?;
    desk.step(categories.list(&slug, &CategoriesQuery::default()), |list| {
        must!(list.payload.iter().any(|one| one.id == made), "the category is not listed")
    })
    .await?;
    desk.done(categories.delete(&slug, made)).await
}

pub(super) async fn articles(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let articles = stage.account.articles();
    let slug = portal(desk, stage, "articles").await?;
    let category = category(desk, stage, &slug).await?;
    let new = |title: &str| NewArticle {
        content: Some("# Returns".into()),
        locale: Some("en".into()),
        ..NewArticle::new(desk.name(title), stage.admin)
    };
    let article = desk.done(articles.create(&slug, &new("first"))).await?.id;
    let other = desk.done(articles.create(&slug, &new("second"))).await?.id;
    let change = ArticlePatch { description: "Goods back".into(), ..ArticlePatch::default() };
    desk.done(articles.update(&slug, article, &change)).await?;
    desk.step(articles.get(&slug, article), |is| {
        ensure!(is.title == desk.name("first"), "what was not named has changed");
        ensure!(is.description.as_deref() == Some("Goods back"));
        Ok(())
    })
    .await?;
    desk.step(articles.list(&slug, &ArticlesQuery::default()), |list| {
        must!(list.payload.iter().any(|one| one.id == article), "the article is not listed")
    })
    .await?;
    desk.done(articles.reorder(&slug, &BTreeMap::from([(article, 20), (other, 10)]))).await?;
    // Not `?`: an older server may lack what changes many at once.
    drop(desk.done(articles.set_category_of(&slug, &[article], category)).await);
    let published = articles.set_status_of(&slug, &[article], &ArticleStatus::Published);
    if desk.done(published).await.is_ok() {
        desk.step(articles.get(&slug, article), |is| {
            must!(is.status == Some(ArticleStatus::Published))
        })
        .await?;
    }
    drop(desk.done(articles.delete_all_of(&slug, &[other])).await);
    desk.done(articles.delete(&slug, article)).await
}

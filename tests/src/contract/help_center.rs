//! The help center: portals, categories, articles.

use std::collections::BTreeMap;

use anyhow::ensure;
use chatwoot_client::application::help_center::{
    ArticlePatch, ArticleStatus, ArticlesQuery, CategoriesQuery, CategoryPatch, NewArticle,
    NewCategory, NewPortal, PortalPatch,
};
use chatwoot_client::types::CategoryId;

use super::server::{Cut, Server};
use super::stage::Stage;

async fn portal(server: &Server, stage: &Stage, what: &str) -> Result<String, Cut> {
    // A server of 4.9.1 fails on a portal without a domain.
    let new = NewPortal {
        custom_domain: Some(format!("{what}.{}.example.com", server.run)),
        ..NewPortal::new("Help", server.name(what))
    };
    Ok(server.done(stage.account.portals().create(&new)).await?.slug)
}

async fn category(server: &Server, stage: &Stage, slug: &str) -> Result<CategoryId, Cut> {
    let new = NewCategory::new("Returns", server.name("returns"), "en");
    Ok(server.done(stage.account.categories().create(slug, &new)).await?.id)
}

pub(super) async fn portals(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let portals = stage.account.portals();
    let slug = portal(server, stage, "help").await?;
    let change = PortalPatch { page_title: "Answers".into(), ..PortalPatch::default() };
    server.done(portals.update(&slug, &change)).await?;
    server
        .step(portals.get(&slug), |is| {
            ensure!(is.name == "Help", "what was not named has changed");
            ensure!(is.page_title.as_deref() == Some("Answers"));
            Ok(())
        })
        .await?;
    server
        .step(portals.list(), |list| {
            must!(list.payload.iter().any(|one| one.slug == slug), "the portal is not listed")
        })
        .await?;
    // Not `?`: each is for itself.
    drop(server.done(portals.delete_logo(&slug)).await);
    drop(server.done(portals.send_instructions(&slug, &server.email("admin"))).await);
    server.done(portals.delete(&slug)).await
}

pub(super) async fn categories(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let categories = stage.account.categories();
    let slug = portal(server, stage, "categories").await?;
    let made = category(server, stage, &slug).await?;
    let change = CategoryPatch { description: "Goods back".into(), ..CategoryPatch::default() };
    server.done(categories.update(&slug, made, &change)).await?;
    server
        .step(categories.get(&slug, made), |is| {
            ensure!(is.name == "Returns", "what was not named has changed");
            ensure!(is.description.as_deref() == Some("Goods back"));
            Ok(())
        })
        .await?;
    server.done(categories.reorder(&slug, &BTreeMap::from([(made, 20)]))).await?;
    server
        .step(categories.list(&slug, &CategoriesQuery::default()), |list| {
            must!(list.payload.iter().any(|one| one.id == made), "the category is not listed")
        })
        .await?;
    server.done(categories.delete(&slug, made)).await
}

pub(super) async fn articles(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let articles = stage.account.articles();
    let slug = portal(server, stage, "articles").await?;
    let category = category(server, stage, &slug).await?;
    let new = |title: &str| NewArticle {
        content: Some("# Returns".into()),
        locale: Some("en".into()),
        ..NewArticle::new(server.name(title), stage.admin)
    };
    let article = server.done(articles.create(&slug, &new("first"))).await?.id;
    let other = server.done(articles.create(&slug, &new("second"))).await?.id;
    let change = ArticlePatch { description: "Goods back".into(), ..ArticlePatch::default() };
    server.done(articles.update(&slug, article, &change)).await?;
    server
        .step(articles.get(&slug, article), |is| {
            ensure!(is.title == server.name("first"), "what was not named has changed");
            ensure!(is.description.as_deref() == Some("Goods back"));
            Ok(())
        })
        .await?;
    server
        .step(articles.list(&slug, &ArticlesQuery::default()), |list| {
            must!(list.payload.iter().any(|one| one.id == article), "the article is not listed")
        })
        .await?;
    server.done(articles.reorder(&slug, &BTreeMap::from([(article, 20), (other, 10)]))).await?;
    // Not `?`: an older server may lack what changes many at once.
    drop(server.done(articles.set_category_of(&slug, &[article], category)).await);
    let published = articles.set_status_of(&slug, &[article], ArticleStatus::Published);
    if server.done(published).await.is_ok() {
        server
            .step(articles.get(&slug, article), |is| {
                must!(is.status == Some(ArticleStatus::Published))
            })
            .await?;
    }
    drop(server.done(articles.delete_all_of(&slug, &[other])).await);
    server.done(articles.delete(&slug, article)).await
}

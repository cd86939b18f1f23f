//! Tests of the help center with the recorded responses of two live servers. 4.9.1 refuses
//! everything except the list of portals: a portal without a domain of its own is a server error
//! there.

use chatwoot_client::application::help_center::{
    ArticlePatch, ArticleStatus, ArticlesQuery, CategoriesQuery, NewArticle, NewCategory,
    NewPortal, PortalPatch, PortalSettings,
};
use chatwoot_client::{Client, ErrorKind};
use serde_json::json;
use tests::recordings::{Exchange, load};
use tests::replay::{refused, replay};

use crate::asked::{account, query, same_body, same_query};

fn new_portal(it: &Exchange, root: &str) -> NewPortal {
    let codes: Option<Vec<String>> = it.sent(&format!("{root}/config/allowed_locales"));
    let config = codes.map(|codes| PortalSettings {
        replace_allowed_locales: Some(codes),
        default_locale: it.sent(&format!("{root}/config/default_locale")),
        ..PortalSettings::default()
    });
    NewPortal {
        color: it.sent(&format!("{root}/color")),
        header_text: it.sent(&format!("{root}/header_text")),
        homepage_link: it.sent(&format!("{root}/homepage_link")),
        page_title: it.sent(&format!("{root}/page_title")),
        config,
        ..NewPortal::new(
            it.sent::<String>(&format!("{root}/name")),
            it.sent::<String>(&format!("{root}/slug")),
        )
    }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn portals_answer_as_recorded() {
    for it in load("add-new-portal-to-account") {
        // The flat form of the document is accepted too; we send the wrapped one.
        let flat = it.request.body.as_ref().is_some_and(|body| body.get("portal").is_none());
        let new = new_portal(&it, if flat { "" } else { "/portal" });
        let call = async |c: &Client| account(&it, c).portals().create(&new).await;
        if !it.succeeded() {
            assert_eq!(refused(&it, call).await.kind(), ErrorKind::Server, "{it}");
            continue;
        }
        let replayed = replay(&it, call).await;
        let recorded = it.request.body.clone().unwrap_or_default();
        let recorded = if flat { json!({"portal": recorded}) } else { recorded };
        assert_eq!(replayed.body(), recorded, "{it}: body");
        assert_eq!(replayed.value.slug, new.slug, "{it}");
    }
    for it in load("get-portal") {
        let list = replay(&it, async |c| account(&it, c).portals().list().await).await.value;
        assert_eq!(list.meta.portals_count, Some(list.payload.len() as u64), "{it}");
    }
    for it in load("portal-show") {
        let slug: String = it.param("id");
        let call = async |c: &Client| account(&it, c).portals().get(&slug).await;
        if it.succeeded() {
            let portal = replay(&it, call).await.value;
            assert_eq!(portal.meta.and_then(|meta| meta.published_count), Some(0), "{it}");
        } else {
            assert_eq!(refused(&it, call).await.kind(), ErrorKind::Server, "{it}");
        }
    }
    for it in load("update-portal-to-account") {
        let slug: String = it.param("id");
        let to = PortalPatch { name: it.change("/portal/name"), ..PortalPatch::default() };
        let call = async |c: &Client| account(&it, c).portals().update(&slug, &to).await;
        if it.succeeded() {
            same_body(&it, &replay(&it, call).await);
        } else {
            refused(&it, call).await;
        }
    }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn categories_answer_as_recorded() {
    for it in load("category-list") {
        let portal: String = it.param("id");
        let asked = CategoriesQuery { locale: query(&it, "locale"), page: None };
        let call = async |c: &Client| account(&it, c).categories().list(&portal, &asked).await;
        if it.succeeded() {
            same_query(&it, &replay(&it, call).await);
        } else {
            refused(&it, call).await;
        }
    }
    for it in load("add-new-category-to-account") {
        let portal: String = it.param("id");
        let new = NewCategory {
            name: it.sent("/category/name"),
            slug: it.sent("/category/slug"),
            locale: it.sent("/category/locale"),
            description: it.sent("/category/description"),
            position: it.sent("/category/position"),
            ..NewCategory::default()
        };
        let call = async |c: &Client| account(&it, c).categories().create(&portal, &new).await;
        if it.succeeded() {
            same_body(&it, &replay(&it, call).await);
        } else {
            refused(&it, call).await;
        }
    }
}

/// Returns the recorded article; if the server had created none, the recorder requested `None`.
fn article(it: &Exchange) -> u64 {
    if it.succeeded() { it.param("article_id") } else { 1 }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn articles_answer_as_recorded() {
    for it in load("article-list") {
        let portal: String = it.param("id");
        let asked = ArticlesQuery { locale: query(&it, "locale"), ..ArticlesQuery::default() };
        let call = async |c: &Client| account(&it, c).articles().list(&portal, &asked).await;
        if it.succeeded() {
            let replayed = replay(&it, call).await;
            same_query(&it, &replayed);
            assert_eq!(replayed.value.payload[0].status, Some(ArticleStatus::Published), "{it}");
        } else {
            assert!(refused(&it, call).await.is_not_found(), "{it}");
        }
    }
    for it in load("article-show") {
        let (portal, id) = (it.param::<String>("id"), article(&it));
        let call = async |c: &Client| account(&it, c).articles().get(&portal, id.into()).await;
        if it.succeeded() {
            replay(&it, call).await;
        } else {
            refused(&it, call).await;
        }
    }
    for it in load("add-new-article-to-account") {
        let portal: String = it.param("id");
        let new = NewArticle {
            slug: it.sent("/article/slug"),
            content: it.sent("/article/content"),
            description: it.sent("/article/description"),
            category_id: it.sent("/article/category_id"),
            locale: it.sent("/article/locale"),
            status: it.sent("/article/status"),
            position: it.sent("/article/position"),
            ..NewArticle::new(it.sent::<String>("/article/title"), it.sent("/article/author_id"))
        };
        let call = async |c: &Client| account(&it, c).articles().create(&portal, &new).await;
        if it.succeeded() {
            same_body(&it, &replay(&it, call).await);
        } else {
            refused(&it, call).await;
        }
    }
    for it in load("article-update") {
        let (portal, id) = (it.param::<String>("id"), article(&it));
        let to = ArticlePatch { title: it.change("/article/title"), ..ArticlePatch::default() };
        let call =
            async |c: &Client| account(&it, c).articles().update(&portal, id.into(), &to).await;
        if it.succeeded() {
            same_body(&it, &replay(&it, call).await);
        } else {
            refused(&it, call).await;
        }
    }
}

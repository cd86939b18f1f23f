//! Category types: what the category operations answer and take.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::types::Extra;
use crate::types::Patch;
use crate::types::{AccountId, CategoryId};

/// Which categories to list.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CategoriesQuery {
    /// Of this language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The page, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
}

/// What the server says of a list of categories.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CategoryListMeta {
    /// How many categories this page has.
    pub categories_count: Option<u64>,
    /// This page, from 1; text where the query named it.
    pub current_page: Option<Value>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A category.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Category {
    /// Its id.
    pub id: CategoryId,
    /// Its name.
    pub name: String,
    /// Its name in paths.
    pub slug: String,
    /// Its language.
    pub locale: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Where it stands among the others.
    pub position: Option<i64>,
    /// Its account.
    pub account_id: Option<AccountId>,
    /// Its picture; empty for none.
    pub icon: Option<String>,
    /// The picture's color.
    pub icon_color: Option<String>,
    /// Categories named beside it; absent where there are none.
    pub related_categories: Option<Vec<Category>>,
    /// The category it is part of.
    pub parent_category: Option<Box<Category>>,
    /// The category it is a translation of.
    pub root_category: Option<Box<Category>>,
    /// How much is in it.
    pub meta: Option<CategoryCounts>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How much is in a category.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CategoryCounts {
    /// Its articles, of the language that was asked for.
    pub articles_count: Option<u64>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A category to make.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewCategory {
    /// Its name.
    pub name: String,
    /// Its name in paths.
    pub slug: String,
    /// Its language, one of the portal's.
    pub locale: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where it stands among the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    /// Its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The picture's color.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon_color: Option<String>,
    /// The category it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_category_id: Option<CategoryId>,
    /// The category it is a translation of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub associated_category_id: Option<CategoryId>,
    /// Categories to name beside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related_category_ids: Vec<CategoryId>,
}

impl NewCategory {
    /// A category with this name, slug and language.
    pub fn new(
        name: impl Into<String>,
        slug: impl Into<String>,
        locale: impl Into<String>,
    ) -> Self {
        let (name, slug, locale) = (name.into(), slug.into(), locale.into());
        Self { name, slug, locale, ..Self::default() }
    }
}

/// What to change of a category.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CategoryPatch {
    /// Its name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// Its name in paths.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub slug: Patch<String>,
    /// Its language.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub locale: Patch<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub description: Patch<String>,
    /// Where it stands among the others.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub position: Patch<i64>,
    /// Its picture.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub icon: Patch<String>,
    /// The picture's color.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub icon_color: Patch<String>,
    /// The category it is part of.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub parent_category_id: Patch<CategoryId>,
    /// All categories named beside it. The server passes over an empty list.
    #[serde(rename = "related_category_ids", skip_serializing_if = "Vec::is_empty")]
    pub replace_related: Vec<CategoryId>,
}

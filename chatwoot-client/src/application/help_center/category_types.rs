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
    /// The page number, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
}

/// One page of categories.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CategoryList {
    /// What the server says of the list.
    pub meta: CategoryListMeta,
    /// The categories of this page, by position.
    pub payload: Vec<Category>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What the server says of a list of categories.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CategoryListMeta {
    /// How many categories this page has.
    pub categories_count: Option<u64>,
    /// This page, from 1; text where the query named it.
    pub current_page: Option<Value>,
    /// Fields that this version of the client does not name.
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
    /// Its slug, the name in URLs.
    pub slug: String,
    /// Its language code, such as `en`.
    pub locale: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Its position in the list.
    pub position: Option<i64>,
    /// The id of its account.
    pub account_id: Option<AccountId>,
    /// The URL of its picture; empty if it has none.
    pub icon: Option<String>,
    /// The color of the picture.
    pub icon_color: Option<String>,
    /// Categories named beside it; absent where there are none.
    pub related_categories: Option<Vec<Category>>,
    /// The category it is part of.
    pub parent_category: Option<Box<Category>>,
    /// The category it is a translation of.
    pub root_category: Option<Box<Category>>,
    /// How much is in it.
    pub meta: Option<CategoryCounts>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How much is in a category.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CategoryCounts {
    /// Its articles, of the language that was asked for.
    pub articles_count: Option<u64>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A category to create.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewCategory {
    /// Its name.
    pub name: String,
    /// Its slug, the name in URLs.
    pub slug: String,
    /// Its language, one of the portal's.
    pub locale: String,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its position in the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    /// Its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The color of the picture.
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

/// The changes to make to a category.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CategoryPatch {
    /// Its name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// Its slug, the name in URLs.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub slug: Patch<String>,
    /// Its language code, such as `en`.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub locale: Patch<String>,
    /// Its description.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub description: Patch<String>,
    /// Its position in the list.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub position: Patch<i64>,
    /// Its picture.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub icon: Patch<String>,
    /// The color of the picture.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub icon_color: Patch<String>,
    /// The category it is part of.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub parent_category_id: Patch<CategoryId>,
    /// All categories named beside it. The server passes over an empty list.
    #[serde(rename = "related_category_ids", skip_serializing_if = "Vec::is_empty")]
    pub replace_related: Vec<CategoryId>,
}

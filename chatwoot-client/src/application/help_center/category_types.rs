//! Types of the category operations: responses and request bodies.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::types::Extra;
use crate::types::Patch;
use crate::types::{AccountId, CategoryId};

/// Which categories to list.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CategoriesQuery {
    /// In the language with this code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The page number, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
}

/// The page number and counts of a list of categories.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CategoryListMeta {
    /// The number of categories on this page.
    pub categories_count: Option<u64>,
    /// This page's number, from 1; a text if the query sets the page.
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
    /// Its icon; empty if it has none.
    pub icon: Option<String>,
    /// The color of the icon.
    pub icon_color: Option<String>,
    /// Related categories; absent if there are none.
    pub related_categories: Option<Vec<Category>>,
    /// Its parent category.
    pub parent_category: Option<Box<Category>>,
    /// The category it is a translation of.
    pub root_category: Option<Box<Category>>,
    /// The number of its articles.
    pub meta: Option<CategoryCounts>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The number of articles in a category.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CategoryCounts {
    /// The number of its articles, in the requested language.
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
    /// Its language code, one of the portal's.
    pub locale: String,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its position in the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    /// Its icon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The color of the icon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon_color: Option<String>,
    /// The id of its parent category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_category_id: Option<CategoryId>,
    /// The id of the category it is a translation of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub associated_category_id: Option<CategoryId>,
    /// The ids of related categories.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related_category_ids: Vec<CategoryId>,
}

impl NewCategory {
    /// Creates a category with this name, slug and language.
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
    /// Its icon.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub icon: Patch<String>,
    /// The color of the icon.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub icon_color: Patch<String>,
    /// The id of its parent category.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub parent_category_id: Patch<CategoryId>,
    /// The ids of related categories, which replace all present ones. The server ignores an empty
    /// list.
    #[serde(rename = "related_category_ids", skip_serializing_if = "Vec::is_empty")]
    pub replace_related: Vec<CategoryId>,
}

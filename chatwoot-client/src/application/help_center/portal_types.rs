//! Types of the portal operations: responses and request bodies.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::application::inboxes::Inbox;
use crate::types::Patch;
use crate::types::{AccountId, InboxId, PortalId};
use crate::types::{Attributes, Extra, NullAsEmpty};

/// A portal: a help center.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Portal {
    /// Its id.
    pub id: PortalId,
    /// Its slug, the name in URLs; unique on the whole server. The operations take it to identify
    /// the portal.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// The id of its account.
    pub account_id: Option<AccountId>,
    /// Its color, as `#RRGGBB`.
    pub color: Option<String>,
    /// Its own domain, if it has one.
    pub custom_domain: Option<String>,
    /// The heading of its home page.
    pub header_text: Option<String>,
    /// The URL that its logo links to.
    pub homepage_link: Option<String>,
    /// The title of its pages in the browser.
    pub page_title: Option<String>,
    /// Whether it is archived.
    pub archived: Option<bool>,
    /// Its languages and layout.
    pub config: Option<PortalConfig>,
    /// The widget's inbox that it shows; absent if there is none.
    pub inbox: Option<Box<Inbox>>,
    /// Its logo; absent if there is none.
    pub logo: Option<PortalLogo>,
    /// The number of its articles and categories.
    pub meta: Option<PortalCounts>,
    /// The state of the certificate of its own domain; only on servers that issue certificates.
    pub ssl_settings: Option<Attributes>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The languages and layout of a portal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PortalConfig {
    /// Its languages.
    #[serde(default)]
    pub allowed_locales: NullAsEmpty<Vec<PortalLocale>>,
    /// The code of its default language.
    pub default_locale: Option<String>,
    /// Its layout: `classic` or another; absent on 4.9.1.
    pub layout: Option<String>,
    /// The shop's profiles on social networks, by network.
    pub social_profiles: Option<Attributes>,
    /// Its texts by language.
    pub locale_translations: Option<Attributes>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One language of a portal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PortalLocale {
    /// Its code, such as `en`.
    pub code: String,
    /// The number of articles in the language.
    pub articles_count: Option<u64>,
    /// The number of categories in the language.
    pub categories_count: Option<u64>,
    /// Whether it is a draft: not visible to visitors.
    pub draft: Option<bool>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The number of articles and categories of a portal. Only
/// [`Portals::get`](crate::application::help_center::Portals::get) counts articles by status.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PortalCounts {
    /// The number of articles.
    pub all_articles_count: Option<u64>,
    /// The number of archived articles.
    pub archived_articles_count: Option<u64>,
    /// The number of drafts.
    pub draft_articles_count: Option<u64>,
    /// The number of published articles.
    pub published_count: Option<u64>,
    /// The number of articles by the caller; absent if there are no articles.
    pub mine_articles_count: Option<u64>,
    /// The number of categories.
    pub categories_count: Option<u64>,
    /// The code of its default language.
    pub default_locale: Option<String>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The logo of a portal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PortalLogo {
    /// Its id.
    pub id: Option<u64>,
    /// The id of its portal.
    pub portal_id: Option<PortalId>,
    /// The id of its account.
    pub account_id: Option<AccountId>,
    /// Its media type, such as `image/png`.
    pub file_type: Option<String>,
    /// The URL of the file.
    pub file_url: Option<String>,
    /// Its id as an uploaded file.
    pub blob_id: Option<Value>,
    /// Its file name.
    pub filename: Option<String>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The portals of an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PortalList {
    /// The page number and count of the list.
    pub meta: PortalListMeta,
    /// Every portal.
    pub payload: Vec<Portal>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The page number and count of a list of portals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PortalListMeta {
    /// This page's number; there is only one page.
    pub current_page: Option<Value>,
    /// The number of portals.
    pub portals_count: Option<u64>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A portal to create.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewPortal {
    /// Its name.
    pub name: String,
    /// Its slug, the name in URLs; unique on the whole server.
    pub slug: String,
    /// Its color, as `#RRGGBB`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// Its own domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_domain: Option<String>,
    /// The heading of its home page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_text: Option<String>,
    /// The URL that its logo links to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub homepage_link: Option<String>,
    /// The title of its pages in the browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_title: Option<String>,
    /// Its languages and layout; English only by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<PortalSettings>,
}

impl NewPortal {
    /// Creates a portal with this name and slug, in English.
    pub fn new(name: impl Into<String>, slug: impl Into<String>) -> Self {
        Self { name: name.into(), slug: slug.into(), ..Self::default() }
    }
}

/// Languages and layout to set; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PortalSettings {
    /// The codes of its languages, which replace all present ones.
    #[serde(rename = "allowed_locales", skip_serializing_if = "Option::is_none")]
    pub replace_allowed_locales: Option<Vec<String>>,
    /// The code of its default language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_locale: Option<String>,
    /// The codes of draft languages, not visible to visitors, which replace all present ones; the
    /// default language cannot be one.
    #[serde(rename = "draft_locales", skip_serializing_if = "Option::is_none")]
    pub replace_draft_locales: Option<Vec<String>>,
    /// Its layout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<String>,
    /// The shop's profiles on social networks, which replace all present ones: `facebook`, `x`,
    /// `instagram`, `linkedin`, `youtube`, `tiktok`, `github`, `whatsapp`.
    #[serde(rename = "social_profiles", skip_serializing_if = "Option::is_none")]
    pub replace_social_profiles: Option<Attributes>,
    /// Its texts by language, which replace all present ones: `name`, `page_title`, `header_text`.
    #[serde(rename = "locale_translations", skip_serializing_if = "Option::is_none")]
    pub replace_locale_translations: Option<Attributes>,
}

/// The changes to make to a portal.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PortalPatch {
    /// Its name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// Its slug, the name in URLs; afterwards the operations take the new one.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub slug: Patch<String>,
    /// Its color, as `#RRGGBB`.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub color: Patch<String>,
    /// Its own domain.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub custom_domain: Patch<String>,
    /// The heading of its home page.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub header_text: Patch<String>,
    /// The URL that its logo links to.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub homepage_link: Patch<String>,
    /// The title of its pages in the browser.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub page_title: Patch<String>,
    /// Whether it is archived.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub archived: Patch<bool>,
    /// Its languages and layout; the server merges the given fields.
    #[serde(rename = "config", skip_serializing_if = "Option::is_none")]
    pub merge_config: Option<PortalSettings>,
    /// The id of the widget's inbox that it shows. The server ignores it unless another field
    /// changes too.
    #[serde(skip)]
    pub inbox: Patch<InboxId>,
    /// Its logo, by the `blob_id` that an upload returned.
    #[serde(skip)]
    pub logo_blob_id: Option<Value>,
}

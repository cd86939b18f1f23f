//! Portal types: what the portal operations answer and take.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::application::inboxes::Inbox;
use crate::types::Patch;
use crate::types::{AccountId, InboxId, PortalId};
use crate::types::{Attributes, Extra, NullAsEmpty};

/// A help center.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Portal {
    /// Its id.
    pub id: PortalId,
    /// Its name in paths, unique over the whole server: what the operations name it by.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// The id of its account.
    pub account_id: Option<AccountId>,
    /// Its color, as `#RRGGBB`.
    pub color: Option<String>,
    /// The host it is served from, if it has one of its own.
    pub custom_domain: Option<String>,
    /// What stands at its top.
    pub header_text: Option<String>,
    /// Where its logo leads.
    pub homepage_link: Option<String>,
    /// The title of its pages.
    pub page_title: Option<String>,
    /// Whether it is put away.
    pub archived: Option<bool>,
    /// Its languages and looks.
    pub config: Option<PortalConfig>,
    /// The widget's inbox that it shows; absent where none.
    pub inbox: Option<Box<Inbox>>,
    /// Its logo; absent where none.
    pub logo: Option<PortalLogo>,
    /// How much is in it.
    pub meta: Option<PortalCounts>,
    /// How far the certificate of its own domain is; only where the server makes certificates.
    pub ssl_settings: Option<Attributes>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The languages and looks of a portal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PortalConfig {
    /// Its languages.
    #[serde(default)]
    pub allowed_locales: NullAsEmpty<Vec<PortalLocale>>,
    /// The language it opens in.
    pub default_locale: Option<String>,
    /// How it is laid out: `classic` or another; 4.9.1 does not say.
    pub layout: Option<String>,
    /// The shop's pages elsewhere, by network.
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
    /// How many articles it has.
    pub articles_count: Option<u64>,
    /// How many categories it has.
    pub categories_count: Option<u64>,
    /// Whether visitors do not see it yet.
    pub draft: Option<bool>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// How much is in a portal. Only [`Portals::get`](crate::application::help_center::Portals::get) counts articles by state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PortalCounts {
    /// Its articles.
    pub all_articles_count: Option<u64>,
    /// Those put away.
    pub archived_articles_count: Option<u64>,
    /// Those not yet published.
    pub draft_articles_count: Option<u64>,
    /// Those that visitors see.
    pub published_count: Option<u64>,
    /// Those of the caller; absent where there are no articles.
    pub mine_articles_count: Option<u64>,
    /// Its categories.
    pub categories_count: Option<u64>,
    /// The language it opens in.
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
    /// Its portal.
    pub portal_id: Option<PortalId>,
    /// The id of its account.
    pub account_id: Option<AccountId>,
    /// Its media type, such as `image/png`.
    pub file_type: Option<String>,
    /// Where it is.
    pub file_url: Option<String>,
    /// Its name as an upload.
    pub blob_id: Option<Value>,
    /// Its file's name.
    pub filename: Option<String>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The portals of an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PortalList {
    /// What the server says of the list.
    pub meta: PortalListMeta,
    /// Every portal.
    pub payload: Vec<Portal>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What the server says of the list of portals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PortalListMeta {
    /// The page; there is only one.
    pub current_page: Option<Value>,
    /// How many portals there are.
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
    /// Its name in paths, unique over the whole server.
    pub slug: String,
    /// Its color, as `#RRGGBB`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// The host it is served from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_domain: Option<String>,
    /// What stands at its top.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_text: Option<String>,
    /// Where its logo leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub homepage_link: Option<String>,
    /// The title of its pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_title: Option<String>,
    /// Its languages and looks; left out it is English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<PortalSettings>,
}

impl NewPortal {
    /// A portal with this name and slug, in English.
    pub fn new(name: impl Into<String>, slug: impl Into<String>) -> Self {
        Self { name: name.into(), slug: slug.into(), ..Self::default() }
    }
}

/// Languages and looks to set; what is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PortalSettings {
    /// All languages, by code: what is not named is no language of it any more.
    #[serde(rename = "allowed_locales", skip_serializing_if = "Option::is_none")]
    pub replace_allowed_locales: Option<Vec<String>>,
    /// The language it opens in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_locale: Option<String>,
    /// All languages that visitors do not see yet; the default one cannot be.
    #[serde(rename = "draft_locales", skip_serializing_if = "Option::is_none")]
    pub replace_draft_locales: Option<Vec<String>>,
    /// How it is laid out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<String>,
    /// All of the shop's pages elsewhere: `facebook`, `x`, `instagram`, `linkedin`, `youtube`,
    /// `tiktok`, `github`, `whatsapp`.
    #[serde(rename = "social_profiles", skip_serializing_if = "Option::is_none")]
    pub replace_social_profiles: Option<Attributes>,
    /// All texts by language: `name`, `page_title`, `header_text`.
    #[serde(rename = "locale_translations", skip_serializing_if = "Option::is_none")]
    pub replace_locale_translations: Option<Attributes>,
}

/// The changes to make to a portal.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PortalPatch {
    /// Its name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// Its name in paths: it is named by the new one from then on.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub slug: Patch<String>,
    /// Its color, as `#RRGGBB`.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub color: Patch<String>,
    /// The host it is served from.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub custom_domain: Patch<String>,
    /// What stands at its top.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub header_text: Patch<String>,
    /// Where its logo leads.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub homepage_link: Patch<String>,
    /// The title of its pages.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub page_title: Patch<String>,
    /// Whether it is put away.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub archived: Patch<bool>,
    /// Its languages and looks; the server merges what is named.
    #[serde(rename = "config", skip_serializing_if = "Option::is_none")]
    pub merge_config: Option<PortalSettings>,
    /// The widget's inbox that it shows. The server heeds it only beside another change.
    #[serde(skip)]
    pub inbox: Patch<InboxId>,
    /// Its logo, by the name that an upload answered.
    #[serde(skip)]
    pub logo_blob_id: Option<Value>,
}

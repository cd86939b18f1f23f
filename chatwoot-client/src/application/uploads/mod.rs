//! Uploads: stored files that are not attached to anything yet, such as the pictures of an article.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::application::Account;
use crate::http::Call;
use crate::http::Upload;
use crate::http::upload::Fields;
use crate::http::{Limit, Op};
use crate::types::Extra;

const UPLOAD: Op =
    Op::post("uploads.create", "/api/v1/accounts/{account_id}/upload").limited(Limit::Upload);

pub(crate) const OPERATIONS: &[Op] = &[UPLOAD];

account_handle! {
    /// The uploads of an account; from [`Account::uploads`].
    ///
    /// Agents and administrators. The server allows 60 files an hour per account. Not in Chatwoot's
    /// published API.
    Uploads
}

impl<'a> Uploads<'a> {
    /// Stores a file and returns its URL.
    ///
    /// `POST /api/v1/accounts/{account_id}/upload`.
    ///
    /// # Errors
    /// `RateLimited` after 60 files in an hour in this account, by either operation.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::Upload;
    ///
    /// let stored = account.uploads().create(&Upload::file("pictures/size-table.png")).await?;
    /// println!("![Sizes]({})", stored.file_url);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, file: &Upload) -> Call<'a, UploadedFile> {
        self.account.call(UPLOAD).form(Fields::new().file("attachment", file))
    }

    /// Stores a file that the server downloads from a URL.
    ///
    /// `POST /api/v1/accounts/{account_id}/upload`.
    ///
    /// # Errors
    /// `Invalid` for a URL that the server cannot or may not fetch (private networks), and for a
    /// file that is neither a picture nor a video or is larger than the server allows (40 MB by
    /// default). `RateLimited` after 60 files in an hour in this account.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let stored = account.uploads().create_from_url("https://shop.example.com/sizes.png").await?;
    /// println!("![Sizes]({})", stored.file_url);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create_from_url(self, address: &str) -> Call<'a, UploadedFile> {
        self.account.call(UPLOAD).json(&json!({"external_url": address}))
    }
}

/// A stored file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UploadedFile {
    /// The URL of the file. Anyone who has it can read the file.
    pub file_url: String,
    /// Its id in operations that take a stored file: a text, or a number before 4.9.
    pub blob_id: Value,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

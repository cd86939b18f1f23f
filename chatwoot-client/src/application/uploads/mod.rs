//! Uploads: files that belong to nothing yet, such as the pictures of an article.

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

/// Files that belong to nothing yet; from [`Account::uploads`].
///
/// Agents and administrators may. The server allows 60 an hour per account. Not in Chatwoot's published API.
#[derive(Clone, Copy, Debug)]
pub struct Uploads<'a> {
    account: &'a Account,
}

impl<'a> Uploads<'a> {
    pub(crate) fn new(account: &'a Account) -> Self {
        Self { account }
    }

    /// Stores a file and returns where it is.
    ///
    /// `POST /api/v1/accounts/{account_id}/upload`.
    ///
    /// # Errors
    /// `RateLimited` after 60 files in an hour, by address or not, in this account.
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

    /// Has the server fetch a file and store it.
    ///
    /// `POST /api/v1/accounts/{account_id}/upload`.
    ///
    /// # Errors
    /// `Invalid` for an address that the server cannot or may not fetch (private networks), and for
    /// a file that is neither picture nor video or is larger than the server allows (40 MB, unless
    /// it was set). `RateLimited` after 60 files in an hour in this account.
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
    /// Its name for other operations that take a stored file: a text, a number before 4.9.
    pub blob_id: Value,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

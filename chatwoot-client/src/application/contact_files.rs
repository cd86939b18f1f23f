//! Contact files: the pictures of contacts, and contacts as a file.

use super::{Account, Contact};
use crate::call::Call;
use crate::ids::ContactId;
use crate::op::Op;
use crate::upload::{Fields, Upload};

// The operation of `contacts.update`, whose body is a form here: JSON drops a picture silently.
const SET_AVATAR: Op =
    Op::put("contacts.update", "/api/v1/accounts/{account_id}/contacts/{id}").inside(&["payload"]);
const IMPORT: Op =
    Op::post("contact_files.import", "/api/v1/accounts/{account_id}/contacts/import");

pub(super) const OPERATIONS: &[Op] = &[IMPORT];

/// The pictures of contacts, and contacts as a file; from [`Account::contact_files`].
#[derive(Clone, Copy, Debug)]
pub struct ContactFiles<'a> {
    account: &'a Account,
}

impl<'a> ContactFiles<'a> {
    pub(super) fn new(account: &'a Account) -> Self {
        Self { account }
    }

    /// `PUT /api/v1/accounts/{account_id}/contacts/{id}`: sets a contact's picture. Agents and
    /// administrators may.
    ///
    /// # Errors
    /// `NotFound` without such a contact in this account; `Invalid` for anything but a JPEG, PNG,
    /// GIF or WebP picture, and for one of more than 15 MB; `Request` for a file that cannot be
    /// sent: see [`Upload`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::Upload;
    ///
    /// let picture = Upload::file("pictures/ada.png");
    /// account.contact_files().set_avatar(7.into(), &picture).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn set_avatar(self, id: ContactId, picture: &Upload) -> Call<'a, Contact> {
        self.account.call(SET_AVATAR).path("id", id).form(Fields::new().file("avatar", picture))
    }

    /// `POST /api/v1/accounts/{account_id}/contacts/import`: makes contacts of a CSV file, later
    /// and in the background; an administrator may. Undocumented.
    ///
    /// Its first line names the columns: `name`, `email`, `phone_number`, `identifier`; the others
    /// become custom attributes. What became of the rows the server tells by e-mail only. A file
    /// that is sent twice is imported twice, which finds the contacts of the first time.
    ///
    /// # Errors
    /// `Unauthorized` for an agent; `Request` for a file that cannot be sent: see [`Upload`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::Upload;
    ///
    /// let rows = "identifier,name,email\ncustomer-1815,Ada,ada@example.com\n";
    /// let csv = Upload::bytes("customers.csv", "text/csv", rows);
    /// account.contact_files().import(&csv).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn import(self, csv: &Upload) -> Call<'a, ()> {
        self.account.done(IMPORT).form(Fields::new().file("import_file", csv))
    }
}

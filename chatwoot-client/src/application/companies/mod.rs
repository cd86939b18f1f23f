//! Companies: the organizations that contacts belong to.

use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};

use crate::application::Account;
use crate::error::Error;
use crate::http::Call;
use crate::http::Op;
use crate::http::page::Rows;
use crate::http::{Page, page};
use crate::types::CompanyId;
use crate::types::Time;
use crate::types::{Attributes, Extra};

const LIST: Op = Op::get("companies.list", "/api/v1/accounts/{account_id}/companies");
const CREATE: Op =
    Op::post("companies.create", "/api/v1/accounts/{account_id}/companies").inside(&["payload"]);

pub(crate) const OPERATIONS: &[Op] = &[LIST, CREATE];

account_handle! {
    /// The companies of an account; from [`Account::companies`]. Only on servers with that feature. Not
    /// in Chatwoot's published API.
    Companies
}

impl<'a> Companies<'a> {
    /// Returns one page of companies.
    ///
    /// `GET /api/v1/accounts/{account_id}/companies`. `meta.extra` has `total_count`.
    ///
    /// # Errors
    /// `NotFound` on a server without companies.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::companies::CompaniesQuery;
    ///
    /// let page = account.companies().list(&CompaniesQuery::default()).await?;
    /// println!("{:?} in all", page.meta.extra.get("total_count"));
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self, query: &CompaniesQuery) -> Call<'a, Page<Company>> {
        self.account.call(LIST).query(query)
    }

    /// Streams every company.
    ///
    /// `GET /api/v1/accounts/{account_id}/companies`, page by page. The query's page is ignored.
    ///
    /// # Errors
    /// `NotFound` on a server without companies. The stream ends with the first error.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use futures_util::TryStreamExt;
    ///
    /// let mut companies = account.companies().all(Default::default());
    /// while let Some(company) = companies.try_next().await? {
    ///     println!("{}", company.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn all(self, query: CompaniesQuery) -> BoxStream<'a, Result<Company, Error>> {
        let rows = Rows {
            key: |row: &Company| row.id,
            total: |page: &Page<Company>| page.meta.count,
            touched: None,
        };
        page::stream(
            move |number| self.list(&CompaniesQuery { page: Some(number), ..query.clone() }),
            rows,
        )
    }

    /// Creates a company.
    ///
    /// `POST /api/v1/accounts/{account_id}/companies`.
    ///
    /// # Errors
    /// `NotFound` on a server without companies.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::companies::NewCompany;
    ///
    /// let acme = NewCompany { domain: Some("acme.example".into()), ..NewCompany::new("Acme") };
    /// let acme = account.companies().create(&acme).await?;
    /// println!("Acme is company {}", acme.id);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, company: &NewCompany) -> Call<'a, Company> {
        self.account.call(CREATE).json(&Body { company })
    }
}

#[derive(Serialize)]
struct Body<'a> {
    company: &'a NewCompany,
}

/// Which companies to list, and in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CompaniesQuery {
    /// The field to sort by, such as `name`; `-name` for descending order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// The page number, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
}

/// A company as the server returns it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Company {
    /// Its id.
    pub id: CompanyId,
    /// Its name.
    pub name: String,
    /// Its e-mail domain: contacts with an address in this domain belong to it.
    pub domain: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// The URL of its picture; empty if it has none.
    pub avatar_url: Option<String>,
    /// The number of contacts that belong to it; `None` if there are none yet.
    pub contacts_count: Option<i64>,
    /// The account's custom attributes; absent on 4.9.1.
    pub custom_attributes: Option<Attributes>,
    /// When one of its contacts was last active; absent if none ever was.
    pub last_activity_at: Option<Time>,
    /// When it was created; a text on 4.9.1.
    pub created_at: Option<Time>,
    /// When it was last updated; a text on 4.9.1.
    pub updated_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A company to create.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NewCompany {
    /// Its name.
    pub name: String,
    /// Its e-mail domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl NewCompany {
    /// Creates a company with this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

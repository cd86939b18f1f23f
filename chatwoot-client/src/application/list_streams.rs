//! List streams: every article, survey answer and reporting event, each once, as in `streams`.

use futures_util::Stream;

use super::article_types::{Article, ArticlePage, ArticlesQuery};
use super::articles::Articles;
use super::csat::{Csat, CsatQuery, CsatResponse, CsatSort};
use super::reporting_events::{
    ReportingEvent, ReportingEventPage, ReportingEvents, ReportingEventsQuery,
};
use crate::error::Error;
use crate::page::{self, Paged, Rows};

impl Paged for ArticlePage {
    type Row = Article;

    fn rows(self) -> Vec<Article> {
        self.payload
    }
}

impl Paged for ReportingEventPage {
    type Row = ReportingEvent;

    fn rows(self) -> Vec<ReportingEvent> {
        self.payload
    }
}

impl<'a> Articles<'a> {
    /// `GET /api/v1/accounts/{account_id}/portals/{id}/articles`, page after page: every article of
    /// a portal, each once. The query's page is not heeded.
    ///
    /// # Errors
    /// The stream ends with the first error of a page; its errors are those of [`Articles::list`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use std::pin::pin;
    ///
    /// use chatwoot_client::ArticlesQuery;
    /// use futures_util::TryStreamExt;
    ///
    /// let mut articles = pin!(account.articles().all("shop-help", ArticlesQuery::default()));
    /// while let Some(article) = articles.try_next().await? {
    ///     println!("{}", article.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn all(
        self,
        portal: impl Into<String>,
        query: ArticlesQuery,
    ) -> impl Stream<Item = Result<Article, Error>> + Send + 'a {
        let portal = portal.into();
        let changed = query.category_slug.is_none();
        let rows = Rows {
            key: |article: &Article| article.id,
            // The counts do not heed state and author.
            total: |_: &ArticlePage| None,
            touched: changed.then_some(|article: &Article| article.updated_at),
        };
        let fetch =
            move |page| self.list(&portal, &ArticlesQuery { page: Some(page), ..query.clone() });
        page::stream(fetch, rows)
    }
}

impl<'a> Csat<'a> {
    /// `GET /api/v1/accounts/{account_id}/csat_survey_responses`, page after page: every survey
    /// answer, each once; newest first, unless the query names an order. The query's page is not
    /// heeded.
    ///
    /// # Errors
    /// The stream ends with the first error of a page; its errors are those of [`Csat::list`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use std::pin::pin;
    ///
    /// use chatwoot_client::CsatQuery;
    /// use futures_util::TryStreamExt;
    ///
    /// let mut answers = pin!(account.csat().all(CsatQuery::default()));
    /// while let Some(answer) = answers.try_next().await? {
    ///     println!("{:?} stars", answer.rating);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn all(
        self,
        query: CsatQuery,
    ) -> impl Stream<Item = Result<CsatResponse, Error>> + Send + 'a {
        let sort = query.sort.clone().or(Some(CsatSort::CreatedAtDescending));
        let query = CsatQuery { sort, ..query };
        let rows = Rows {
            key: |answer: &CsatResponse| answer.id,
            total: |_: &Vec<CsatResponse>| None,
            touched: None,
        };
        let fetch = move |page| self.list(&CsatQuery { page: Some(page), ..query.clone() });
        page::stream(fetch, rows)
    }
}

impl<'a> ReportingEvents<'a> {
    /// `GET /api/v1/accounts/{account_id}/reporting_events`, page after page: every event, each
    /// once, newest first. The query's page is not heeded.
    ///
    /// # Errors
    /// The stream ends with the first error of a page; its errors are those of
    /// [`ReportingEvents::list`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use std::pin::pin;
    ///
    /// use chatwoot_client::ReportingEventsQuery;
    /// use futures_util::TryStreamExt;
    ///
    /// let mut events = pin!(account.reporting_events().all(ReportingEventsQuery::default()));
    /// while let Some(event) = events.try_next().await? {
    ///     println!("{} took {:?} s", event.name, event.value);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn all(
        self,
        query: ReportingEventsQuery,
    ) -> impl Stream<Item = Result<ReportingEvent, Error>> + Send + 'a {
        let rows = Rows {
            key: |event: &ReportingEvent| event.id,
            total: |page: &ReportingEventPage| page.meta.count,
            touched: None,
        };
        let fetch =
            move |page| self.list(&ReportingEventsQuery { page: Some(page), ..query.clone() });
        page::stream(fetch, rows)
    }
}

//! Operations as data: one constant each, beside the method that calls it.

/// The HTTP verb of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
}

impl Verb {
    /// Returns the verb as HTTP writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    pub(crate) const fn method(self) -> http::Method {
        match self {
            Self::Get => http::Method::GET,
            Self::Post => http::Method::POST,
            Self::Put => http::Method::PUT,
            Self::Patch => http::Method::PATCH,
            Self::Delete => http::Method::DELETE,
        }
    }
}

/// The kind of token that an operation needs; it follows from the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A platform app's token: the Platform API.
    Platform,
    /// A user's token, or for some operations an agent bot's: the Application API.
    User,
    /// No token: the public API and the widget API.
    None,
}

/// A rate limit of the server that is narrower than the one per client address.
///
/// Figures: Chatwoot 4.15.1, `config/initializers/rack_attack.rs`, measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// `contacts/search`: 100 a minute per account.
    ContactSearch,
    /// `conversations/meta`: 30 a minute per token and account.
    ConversationMeta,
    /// Reports of version 2: 100 a minute per token and account; all tokens of the account share
    /// 1,000.
    Reports,
    /// `upload`: 60 an hour per account.
    Upload,
    /// A conversation's transcript: 1,000 an hour per account.
    Transcript,
    /// A visitor's new conversation: 6 in 12 hours per client address.
    WidgetConversation,
    /// The widget's page for a new visitor: 5 an hour per client address.
    WidgetPage,
}

/// One operation of Chatwoot's API.
///
/// ```
/// let list = chatwoot_client::operations().find(|op| op.name == "labels.list").unwrap();
/// assert_eq!(list.path, "/api/v1/accounts/{account_id}/labels");
/// assert!(list.idempotent);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Op {
    /// Its name in errors and spans, as `resource.method`.
    pub name: &'static str,
    /// The HTTP verb.
    pub verb: Verb,
    /// The path with `{parameters}`, as the server routes it.
    pub path: &'static str,
    /// Whether sending it twice has the same effect as sending it once; only then is it sent again
    /// if the outcome of the first attempt is unknown.
    pub idempotent: bool,
    /// The narrower rate limit that applies, if any.
    pub limit: Option<Limit>,
    /// The keys around the value in the response, outermost first: `{"payload": {"webhook": …}}` is
    /// `["payload", "webhook"]`.
    pub envelope: &'static [&'static str],
    /// The last version that is known to lack the operation, if any; see
    /// [`ServerVersion::has`](crate::server::ServerVersion::has).
    pub missing_in: Option<&'static str>,
}

impl Op {
    const fn new(verb: Verb, name: &'static str, path: &'static str, idempotent: bool) -> Self {
        Self { name, verb, path, idempotent, limit: None, envelope: &[], missing_in: None }
    }

    /// Creates a `GET` operation.
    pub const fn get(name: &'static str, path: &'static str) -> Self {
        Self::new(Verb::Get, name, path, true)
    }

    /// Creates a `POST` operation: not idempotent, unless [`Op::idempotent`] marks it.
    pub const fn post(name: &'static str, path: &'static str) -> Self {
        Self::new(Verb::Post, name, path, false)
    }

    /// Creates a `PUT` operation.
    pub const fn put(name: &'static str, path: &'static str) -> Self {
        Self::new(Verb::Put, name, path, true)
    }

    /// Creates a `PATCH` operation: idempotent, since in Chatwoot it sets the fields it names.
    pub const fn patch(name: &'static str, path: &'static str) -> Self {
        Self::new(Verb::Patch, name, path, true)
    }

    /// Creates a `DELETE` operation.
    pub const fn delete(name: &'static str, path: &'static str) -> Self {
        Self::new(Verb::Delete, name, path, true)
    }

    /// Marks a `POST` that only reads, or that sets a whole value.
    pub const fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// Sets the narrower rate limit that applies.
    pub const fn limited(mut self, limit: Limit) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Sets the keys around the value in the response, outermost first.
    pub const fn inside(mut self, envelope: &'static [&'static str]) -> Self {
        self.envelope = envelope;
        self
    }

    /// Sets the last version that is known to lack the operation.
    pub const fn missing_in(mut self, version: &'static str) -> Self {
        self.missing_in = Some(version);
        self
    }

    /// Returns the kind of token that the operation needs.
    pub fn token(&self) -> TokenKind {
        if self.path.starts_with("/platform/") {
            TokenKind::Platform
        } else if self.path.starts_with("/api/") && !self.path.starts_with("/api/v1/widget/") {
            TokenKind::User
        } else {
            TokenKind::None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// The operations of the published document and of live servers.
    const LISTED: &str = include_str!("../../operations.tsv");

    /// Returns a path without the names of its parameters.
    fn nameless(path: &str) -> String {
        let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
        parts.collect::<Vec<_>>().join("/")
    }

    fn listed() -> Vec<(String, &'static str)> {
        let rows = LISTED.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
        rows.map(|row| (format!("{} {}", row[0], nameless(row[1])), row[2])).collect()
    }

    fn called() -> Vec<String> {
        let name = |op: &crate::http::Op| format!("{} {}", op.verb.as_str(), nameless(op.path));
        crate::operations().map(name).collect()
    }

    #[test]
    fn every_listed_operation_is_called_and_every_called_one_is_listed() {
        let listed: BTreeSet<String> =
            listed().into_iter().map(|(operation, _)| operation).collect();
        let called: BTreeSet<String> = called().into_iter().collect();
        let missing: Vec<_> = listed.difference(&called).collect();
        assert!(missing.is_empty(), "listed, and not in operations(): {missing:#?}");
        let unlisted: Vec<_> = called.difference(&listed).collect();
        assert!(unlisted.is_empty(), "not listed in operations.tsv: {unlisted:#?}");
    }

    #[test]
    fn no_operation_is_there_twice() {
        let names: BTreeSet<&str> = crate::operations().map(|op| op.name).collect();
        assert_eq!(names.len(), crate::operations().count(), "two have one name");
        let called = called();
        assert_eq!(called.iter().collect::<BTreeSet<_>>().len(), called.len(), "{called:#?}");
        let listed = listed();
        assert_eq!(listed.iter().collect::<BTreeSet<_>>().len(), listed.len());
    }

    #[test]
    fn all_documented_operations_are_listed() {
        let documented = listed().iter().filter(|(_, standing)| *standing == "documented").count();
        assert_eq!(documented, 143);
        let known = ["documented", "undocumented", "source"];
        assert!(listed().iter().all(|(_, standing)| known.contains(standing)));
    }
}

//! The errors of the ports.

use std::error::Error;
use std::fmt;
use std::ops::Deref;

/// The failure of a port: which port failed, and why. The services return this error.
///
/// ```
/// use std::error::Error;
/// use store_context::ports::PortFailure;
///
/// let failure = PortFailure::new("customers", std::io::Error::other("connection lost"));
/// assert_eq!(failure.to_string(), "the port `customers` failed");
/// assert_eq!(failure.source().unwrap().to_string(), "connection lost");
/// ```
#[derive(Debug)]
pub struct PortFailure {
    port: Option<&'static str>,
    source: Box<dyn Error + Send + Sync>,
}

impl PortFailure {
    /// Creates a failure of a port; the source must hold no secret.
    pub fn new(port: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { port: Some(port), source: source.into() }
    }

    /// Converts the failure into the error that a port returns.
    pub(crate) fn into_error(self) -> PortError {
        PortError(Box::new(self))
    }

    /// Returns the name of the port that failed; `None` if it is not known.
    pub const fn port(&self) -> Option<&'static str> {
        self.port
    }
}

impl fmt::Display for PortFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "the port `{port}` failed"),
            None => f.write_str("a port failed"),
        }
    }
}

impl Error for PortFailure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

impl From<PortError> for PortFailure {
    fn from(error: PortError) -> Self {
        *error.0
    }
}

/// The error that an implementation of a port returns. `?` converts every error into it, so a host
/// needs no error type for its ports; the error must hold no secret.
///
/// For that conversion it does not implement [`Error`] itself, like `anyhow::Error`. It
/// dereferences to a [`PortFailure`], which does, and converts into it and into a boxed error. In
/// an enum of errors, thiserror's `#[error(transparent)]` with `#[from]` accepts it.
///
/// ```
/// use std::error::Error;
/// use store_context::model::{Customer, CustomerId};
/// use store_context::ports::{PortError, PortResult};
///
/// fn parse(row: &str) -> PortResult<Customer> {
///     let no_name = || PortError::new("customers", "a row without a name");
///     let (id, name) = row.split_once(' ').ok_or_else(no_name)?;
///     let _number: u64 = id.parse()?;
///     Ok(Customer::new(CustomerId::new(id)?, name))
/// }
///
/// assert!(parse("17 Ada").is_ok());
/// let error: PortError = parse("x7 Ada").unwrap_err();
/// assert_eq!(error.source().unwrap().to_string(), "invalid digit found in string");
/// assert_eq!(error.named("customers").to_string(), "the port `customers` failed");
/// ```
pub struct PortError(Box<PortFailure>);

/// The result of a port's method.
pub type PortResult<T> = Result<T, PortError>;

impl PortError {
    /// Creates an error of a named port; the source must hold no secret.
    pub fn new(port: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Box::new(PortFailure::new(port, source)))
    }

    /// Sets the name of the port that failed, unless the error has one already.
    #[must_use]
    pub fn named(mut self, port: &'static str) -> Self {
        self.0.port.get_or_insert(port);
        self
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for PortError {
    fn from(source: E) -> Self {
        Self(Box::new(PortFailure { port: None, source: Box::new(source) }))
    }
}

impl Deref for PortError {
    type Target = PortFailure;

    fn deref(&self) -> &PortFailure {
        &self.0
    }
}

impl fmt::Debug for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl From<PortError> for Box<dyn Error + Send + Sync> {
    fn from(error: PortError) -> Self {
        error.0
    }
}

impl From<PortError> for Box<dyn Error> {
    fn from(error: PortError) -> Self {
        error.0
    }
}

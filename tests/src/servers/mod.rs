//! Real servers for the tests: each in a temporary folder and on a free port, or, if the
//! environment names one, that one.

pub mod postgres;

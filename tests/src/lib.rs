//! Helpers of the proofs.

pub mod answers;
pub mod check;
pub mod compare;
pub mod contract;
pub mod fuzz;
pub mod layers;
pub mod mutate;
pub mod operations;
pub mod parity;
pub mod recordings;
pub mod replay;
pub mod route;

/// The README's code compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

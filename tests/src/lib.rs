//! Helpers of the tests that cross crates.

pub mod answers;
pub mod chaos;
pub mod check;
pub mod compare;
pub mod contract;
pub mod feed;
pub mod fuzz;
pub mod layers;
pub mod mutate;
pub mod operations;
pub mod parity;
pub mod recordings;
pub mod replay;
pub mod route;
pub mod simulate;

/// Compiles the README's code.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// Compiles and runs the code of the pages in `docs`.
macro_rules! pages {
    ($($name:ident = $path:literal,)+) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!($path)]
            struct $name;
        )+
    };
}

pages! {
    DirectStore = "../../docs/direct-store.md",
    Doctor = "../../docs/doctor.md",
    Erasure = "../../docs/erasure.md",
    Lifecycle = "../../docs/lifecycle.md",
    Live = "../../docs/live.md",
    Ports = "../../docs/ports.md",
    Rotation = "../../docs/rotation.md",
    SaasTenants = "../../docs/saas-tenants.md",
    ShopPlatform = "../../docs/shop-platform.md",
    Workers = "../../docs/workers.md",
}

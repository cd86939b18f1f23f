//! A simulation of the whole engine between shops and Chatwoots: customers, guests, agents,
//! networks, databases and processes that fail, on paused time and with seeded chance, so that each
//! run can be had again.
//!
//! A seed draws a [`Plan`]: what happens. [`play`] plays it, lets everything become quiet, and holds
//! the world against the rules; [`shrink`] leaves out what a broken rule does not need.

mod act;
mod acts;
mod database;
mod feed;
mod guests;
mod handler;
mod host;
mod hostports;
mod idle;
mod oracle;
mod people;
mod plan;
mod plant;
mod post;
mod postgres;
mod process;
mod run;
mod shop;
mod shopping;
mod sim;
mod wire;
mod world;

pub use self::act::{Act, Channel, Database, Failure, Feed, Field, Mail, Network, Step};
pub use self::act::{Trigger, Trouble, Turn};
pub use self::plan::{Plan, Storage};
pub use self::plant::Plant;
pub use self::postgres::Server;
pub use self::run::{Outcome, play, shrink};
pub use self::sim::Violation;

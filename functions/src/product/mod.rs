//! The product, as data for clients.

pub mod get_product;
mod view;

//! `get-product`: what the active pack says, for clients that draw themselves from it.

use http::{Method, header};
use seatwise_domain::{Changes, Moment};
use seatwise_store::Reads;
use utoipa::openapi::{RefOr, Schema};

use super::view::ProductView;
use crate::answer::{Content, File};
use crate::operation::{Operation, Planned, Request, Start, State, about};
use crate::path::Root;
use crate::problem::Problem;
use crate::scope::Public;
use crate::tag::Tag;
use crate::target::Platform;
use crate::wire::schema::{Schemas, refer};
use crate::wire::{Nothing, Output};

/// Reads the product.
pub struct GetProduct;

/// The product, with how long it may be cached.
pub struct CachedProduct(ProductView);

impl Output for CachedProduct {
    fn into_content(self) -> Result<Content, Problem> {
        let bytes = serde_json::to_vec(&self.0)
            .map_err(|error| Problem::internal("an answer cannot be written as JSON", &error))?;
        let headers = vec![(header::CACHE_CONTROL, "public, max-age=60".to_owned())];
        Ok(Content::File(File { media_type: "application/json", bytes, headers }))
    }

    fn schema(schemas: &mut Schemas) -> Option<RefOr<Schema>> {
        Some(refer::<ProductView>(schemas))
    }
}

impl Operation for GetProduct {
    const NAME: &'static str = "get-product";
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/product";
    const TAG: Tag = Tag::Product;
    const SUMMARY: &'static str = "Read what the product offers";
    const DESCRIPTION: &'static str = "Roles, tiers, add-ons, plans and prices, and what else the product offers, as the \
        published pack says. It needs no sign-in and can be cached for a minute.";
    const ANSWER: &'static str = include_str!("../../examples/get-product.answer.json");

    type Scope = Public;
    type Target = Platform;
    type Path = Root;
    type Query = Nothing;
    type Body = Nothing;
    type Output = CachedProduct;
    type Plan = ();

    fn plan(_: &Request<Self>, _: &Start<'_, Public>, _: &mut Reads) -> Result<Planned<Self>, Problem> {
        Ok(about((), ()))
    }

    fn decide((): &(), state: &State<'_, Self>, _: &mut Moment) -> Result<(Self::Output, Changes), Problem> {
        Ok((CachedProduct(ProductView::of(state.pack, state.active.target.number)), Changes::new()))
    }
}

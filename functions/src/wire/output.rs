//! Answers of operations.

use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::schema::{Schemas, refer, refer_as};
use crate::answer::Content;
use crate::problem::Problem;

/// An answer, described and made.
pub trait Output: Sized {
    /// The media types that it is sent as.
    const MEDIA: &'static [&'static str] = &["application/json"];

    /// The statuses that it may be sent with; the usual one first.
    const STATUSES: &'static [StatusCode] = &[StatusCode::OK];

    /// The status that this answer is sent with: one of [`Output::STATUSES`].
    fn status(&self) -> StatusCode {
        Self::STATUSES[0]
    }

    /// The content that goes to the client.
    fn into_content(self) -> Result<Content, Problem>;

    /// Its schema, and those it refers to; `None` if there is no content.
    fn schema(schemas: &mut Schemas) -> Option<RefOr<Schema>>;

    /// The schema of an answer with another status than the usual one.
    fn schema_with(status: StatusCode, schemas: &mut Schemas) -> Option<RefOr<Schema>> {
        let _ = status;
        Self::schema(schemas)
    }
}

/// An answer in JSON.
pub fn json<T: Serialize>(answer: &T) -> Result<Content, Problem> {
    serde_json::to_value(answer)
        .map(Content::Json)
        .map_err(|error| Problem::internal("an answer cannot be written as JSON", &error))
}

/// Done, and there is nothing to tell: 204.
impl Output for () {
    const STATUSES: &'static [StatusCode] = &[StatusCode::NO_CONTENT];

    fn into_content(self) -> Result<Content, Problem> {
        Ok(Content::Empty)
    }

    fn schema(_: &mut Schemas) -> Option<RefOr<Schema>> {
        None
    }
}

/// Something was created: 201.
pub struct Created<T>(pub T);

impl<T: Output> Output for Created<T> {
    const MEDIA: &'static [&'static str] = T::MEDIA;
    const STATUSES: &'static [StatusCode] = &[StatusCode::CREATED];

    fn into_content(self) -> Result<Content, Problem> {
        self.0.into_content()
    }

    fn schema(schemas: &mut Schemas) -> Option<RefOr<Schema>> {
        T::schema(schemas)
    }
}

/// A page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The items of the page.
    pub items: Vec<T>,
    /// The cursor of the next page; null on the last page.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl<T: ToSchema + Serialize> Output for Page<T> {
    fn into_content(self) -> Result<Content, Problem> {
        json(&self)
    }

    fn schema(schemas: &mut Schemas) -> Option<RefOr<Schema>> {
        refer::<T>(schemas);
        refer::<T>(schemas);
        Some(refer_as::<Self>(format!("{}Page", T::name()), schemas))
    }
}

/// Makes a type the answer of an operation.
#[macro_export]
#[doc(hidden)]
macro_rules! output {
    ($type:ty) => {
        impl $crate::wire::Output for $type {
            fn into_content(self) -> Result<$crate::answer::Content, $crate::problem::Problem> {
                $crate::wire::json(&self)
            }

            fn schema(
                schemas: &mut $crate::wire::schema::Schemas,
            ) -> Option<utoipa::openapi::RefOr<utoipa::openapi::Schema>> {
                Some($crate::wire::schema::refer::<$type>(schemas))
            }
        }
    };
}

//! Schemas of the API reference.

use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{AdditionalProperties, SchemaType};
use utoipa::openapi::{KnownFormat, ObjectBuilder, Ref, RefOr, Schema, SchemaFormat, Type};

/// Schemas by name.
pub type Schemas = Vec<(String, RefOr<Schema>)>;

/// A reference to a type's schema, which is put among the components.
pub fn refer<T: ToSchema>(schemas: &mut Schemas) -> RefOr<Schema> {
    refer_as::<T>(T::name().into_owned(), schemas)
}

/// A reference to a type's schema under another name than the type's.
pub fn refer_as<T: ToSchema>(name: String, schemas: &mut Schemas) -> RefOr<Schema> {
    schemas.push((name.clone(), T::schema()));
    T::schemas(schemas);
    RefOr::Ref(Ref::from_schema_name(name))
}

/// The required fields of a type.
pub fn required<T: ToSchema>() -> Vec<String> {
    match T::schema() {
        RefOr::T(Schema::Object(object)) => object.required,
        _ => Vec::new(),
    }
}

/// A text.
pub fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(Type::String))
}

/// A file.
pub fn file() -> ObjectBuilder {
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
}

/// Any object.
pub fn any_object(description: &str) -> RefOr<Schema> {
    let anything = AdditionalProperties::FreeForm(true);
    ObjectBuilder::new().additional_properties(Some(anything)).description(Some(description)).into()
}

/// A text that is one of these words, as they are serialized.
pub fn one_of<W: Serialize>(words: impl IntoIterator<Item = W>) -> ObjectBuilder {
    text().enum_values(Some(words.into_iter().filter_map(|word| serde_json::to_value(word).ok())))
}

/// Types that stand for texts in the API reference, each with its name there and its schema.
#[macro_export]
#[doc(hidden)]
macro_rules! named {
    ($($(#[doc = $doc:literal])+ $name:ident = $as:literal: $schema:expr;)*) => {$(
        $(#[doc = $doc])+
        pub struct $name;

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $schema.description(Some(concat!($($doc),+).trim())).into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                $as.into()
            }
        }
    )*};
}

//! The templates that deploy the service: `infra/template.yaml`, and `infra/roles.yaml`, which is nested in it.
//!
//! Their YAML is in `infra/template/`, in pieces with `<gaps>`. This module fills the gaps from the tables of
//! operations and background functions, and from the recorded permissions (`infra/permissions.txt`).

mod functions;
mod permissions;
mod print;
mod roles;
mod stack;
mod text;

pub use functions::{Function, FunctionTrigger, Rate, Route, functions};
pub(crate) use permissions::RECORDED;
pub use permissions::{PUBLISHER, Permissions, TemplateError};
pub(crate) use print::print;
pub use roles::roles;
pub use stack::stack;

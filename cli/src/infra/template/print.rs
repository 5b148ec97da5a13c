//! `seatwise infra template`.

use std::process::ExitCode;

use super::functions::functions;
use super::permissions::{Permissions, RECORDED, TemplateError};
use super::roles::roles;
use super::stack::stack;
use crate::TemplateName;

/// Prints a template.
pub(crate) fn print(which: TemplateName) -> ExitCode {
    crate::print(template(which))
}

fn template(which: TemplateName) -> Result<String, TemplateError> {
    let permissions = Permissions::read(RECORDED)?;
    match which {
        TemplateName::Stack => stack(&functions(), &permissions),
        TemplateName::Roles => roles(&functions(), &permissions),
    }
}

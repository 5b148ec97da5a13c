//! `seatwise infra template`.

use std::process::ExitCode;

use super::functions::functions;
use super::permissions::{Permissions, TemplateError};
use super::roles::roles;
use super::stack::stack;
use crate::{TemplateName, fail, say};

const PERMISSIONS: &str = include_str!("../../../../infra/permissions.txt");

/// Prints a template.
pub(crate) fn print(which: TemplateName) -> ExitCode {
    match template(which) {
        Ok(text) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

fn template(which: TemplateName) -> Result<String, TemplateError> {
    let permissions = Permissions::read(PERMISSIONS)?;
    match which {
        TemplateName::Stack => stack(&functions(), &permissions),
        TemplateName::Roles => roles(&functions(), &permissions),
    }
}

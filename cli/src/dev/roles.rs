//! A function may do here what its role allows on AWS, and nothing else. So a permission that the role lacks
//! is found on this machine, and not after a deployment.

use std::sync::LazyLock;

use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;

use crate::infra::access::{Access, accesses};
use crate::infra::template::{Permissions, RECORDED, TemplateError};

tokio::task_local! {
    /// The function that the running task is.
    static FUNCTION: &'static str;
}

/// Runs this work as a function, with the permissions of its role. Other work is not limited.
pub async fn run_as<T>(function: &'static str, work: impl Future<Output = T>) -> T {
    FUNCTION.scope(function, work).await
}

/// Refuses calls that the role of the running function does not allow.
#[derive(Clone, Copy, Debug)]
pub struct RoleCheck;

/// A call that IAM would refuse.
#[derive(Debug, thiserror::Error)]
enum RoleFault {
    /// The function's role lacks a permission.
    #[error("the role of {function} does not allow {} on {}: infra/permissions.txt lacks it",
        access.action, access.key.as_deref().unwrap_or("anything"))]
    NotAllowed { function: &'static str, access: Access },
    /// No function makes this call.
    #[error("the role of {0} allows no such call")]
    Unknown(&'static str),
}

impl Intercept for RoleCheck {
    fn name(&self) -> &'static str {
        "role check"
    }

    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        static PERMISSIONS: LazyLock<Result<Permissions, TemplateError>> =
            LazyLock::new(|| Permissions::read(RECORDED));
        let Ok(function) = FUNCTION.try_get() else { return Ok(()) };
        let permissions = PERMISSIONS.as_ref().map_err(ToString::to_string)?;
        let accesses = accesses(context).ok_or(RoleFault::Unknown(function))?;
        match accesses.into_iter().find(|access| !permissions.allow(function, access)) {
            Some(access) => Err(RoleFault::NotAllowed { function, access }.into()),
            None => Ok(()),
        }
    }
}

//! `seatwise infra`: the templates that deploy the service, and commands for a deployed stack: first policies, keys,
//! plans, domains.

pub mod access;
pub(crate) mod aws;
pub(crate) mod keys;
mod operate;
pub(crate) mod publish;
pub mod template;

use std::process::ExitCode;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client as Secrets;
use jiff::Timestamp;
use seatwise_store::Store;

pub use keys::{rotate_links, rotate_seals, rotate_signing, trust, trust_seals};
pub use operate::{list_workspaces, set_plan, verify_domain};
pub use publish::{Stack, publish, publish_first};
pub use template::PUBLISHER;

use crate::{InfraCommand, SealKeysArgs, StackArgs};

/// Runs a command.
pub(crate) fn run(command: InfraCommand) -> ExitCode {
    let now = now();
    match command {
        InfraCommand::Template { which } => template::print(which),
        InfraCommand::Seed { stack: args, pack } => {
            aws::run(async |config| publish_first(&stack(&config, args), &pack, now).await)
        }
        InfraCommand::SetPlan { table, workspace, plan } => {
            aws::run(async |config| set_plan(&store(&config, table), workspace, &plan, now).await)
        }
        InfraCommand::ListWorkspaces { table } => {
            aws::run(async |config| list_workspaces(&store(&config, table)).await)
        }
        InfraCommand::VerifyDomain { table, workspace, domain } => {
            aws::run(async |config| verify_domain(&store(&config, table), workspace, &domain, now).await)
        }
        InfraCommand::Trust { signing, trusted } => {
            aws::run(async |config| trust(&Secrets::new(&config), &signing, &trusted).await)
        }
        InfraCommand::TrustSeals { keys: SealKeysArgs { seals, public } } => {
            aws::run(async |config| trust_seals(&Secrets::new(&config), &seals, &public).await)
        }
        InfraCommand::RotateSeals { keys: SealKeysArgs { seals, public } } => {
            aws::run(async |config| rotate_seals(&Secrets::new(&config), &seals, &public, now).await)
        }
        InfraCommand::RotateLinks { links } => {
            aws::run(async |config| rotate_links(&Secrets::new(&config), &links, now).await)
        }
        InfraCommand::RotateSigning { stack: args, trusted } => {
            aws::run(async |config| rotate_signing(&stack(&config, args), &trusted, now).await)
        }
    }
}

fn stack(config: &SdkConfig, args: StackArgs) -> Stack {
    Stack { store: store(config, args.table), secrets: Secrets::new(config), signing: args.signing }
}

fn store(config: &SdkConfig, table: String) -> Store {
    Store::new(aws_sdk_dynamodb::Client::new(config), table)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the time at which the command begins; everything else gets it as a parameter"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

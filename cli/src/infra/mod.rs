//! `seatwise infra`: the templates that deploy the service, and commands for a deployed stack: first policies, keys,
//! plans, domains.

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

pub use keys::{rotate_links, rotate_signing, trust};
pub use operate::{set_plan, verify_domain};
pub use publish::{Stack, publish, publish_first};
pub use template::PUBLISHER;

use crate::{InfraCommand, StackArgs};

/// Runs a command.
pub(crate) fn run(command: InfraCommand) -> ExitCode {
    let now = now();
    match command {
        InfraCommand::Template { which } => template::print(which),
        InfraCommand::Seed { stack: args, pack } => aws::run(args.aws.endpoint.clone(), async |config| {
            publish_first(&stack(&config, args), &pack, now).await
        }),
        InfraCommand::SetPlan { table, aws, workspace, plan } => aws::run(aws.endpoint, async |config| {
            set_plan(&Store::new(aws_sdk_dynamodb::Client::new(&config), table), workspace, &plan).await
        }),
        InfraCommand::VerifyDomain { table, aws, workspace, domain } => {
            aws::run(aws.endpoint, async |config| {
                let store = Store::new(aws_sdk_dynamodb::Client::new(&config), table);
                verify_domain(&store, workspace, &domain, now).await
            })
        }
        InfraCommand::Trust { signing, trusted, aws } => {
            aws::run(aws.endpoint, async |config| trust(&Secrets::new(&config), &signing, &trusted).await)
        }
        InfraCommand::RotateLinks { links, aws } => {
            aws::run(aws.endpoint, async |config| rotate_links(&Secrets::new(&config), &links, now).await)
        }
        InfraCommand::RotateSigning { stack: args, trusted } => {
            aws::run(args.aws.endpoint.clone(), async |config| {
                rotate_signing(&stack(&config, args), &trusted, now).await
            })
        }
    }
}

fn stack(config: &SdkConfig, args: StackArgs) -> Stack {
    let store = Store::new(aws_sdk_dynamodb::Client::new(config), args.table);
    Stack { store, secrets: Secrets::new(config), signing: args.signing }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the time at which the command begins; everything else gets it as a parameter"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

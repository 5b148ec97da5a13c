//! `infra/template.yaml`: everything but the roles.

use seatwise_functions::StripeUse;
use seatwise_functions::background::StreamKeys;

use super::functions::{Function, FunctionTrigger, Rate, Route};
use super::permissions::{Names, PUBLISHER, Permissions, TemplateError};
use super::text::{WARNING, fill, named};

const HEAD: &str = include_str!("../../../../infra/template/head.yaml");
const FUNCTION: &str = include_str!("../../../../infra/template/function.yaml");
const ROUTE: &str = include_str!("../../../../infra/template/route.yaml");
const ALARMS: &str = include_str!("../../../../infra/template/alarms.yaml");
const STREAM: &str = include_str!("../../../../infra/template/stream.yaml");
const SCHEDULE: &str = include_str!("../../../../infra/template/schedule.yaml");

const NAMES: Names = Names { table: "TableInUse.Value", secret: ("!GetAtt ", ".Id") };

/// The template with everything but the roles of the functions.
pub fn stack(functions: &[Function], permissions: &Permissions) -> Result<String, TemplateError> {
    let routes: Vec<(&Function, &Route)> =
        functions.iter().filter_map(|function| Some((function, function.route()?))).collect();
    let names = routes.iter().map(|(function, _)| named("      - <Name>Route\n", &function.name));
    let head = fill(HEAD, "<routes>", &names.collect::<String>());
    let settings = routes.iter().map(|(_, route)| route_settings(route));
    let head = fill(&head, "<route settings>", &settings.collect::<String>());
    let head = fill(&head, "<permissions of publish-policies>", &permissions.statements(PUBLISHER, &NAMES)?);
    let resources = functions.iter().map(resources).collect::<String>();
    Ok(format!("{WARNING}{head}{resources}"))
}

/// The function, and what starts and watches it.
fn resources(function: &Function) -> String {
    let (when, starts) = match &function.trigger {
        FunctionTrigger::Route(route) => (route.key(), api_route(function, route)),
        FunctionTrigger::Stream { keys, batch, window_seconds } => {
            ("on the table's stream".to_owned(), stream(function, *keys, (*batch, *window_seconds)))
        }
        FunctionTrigger::Schedule { rate_minutes, description } => {
            (every(*rate_minutes), schedule(function, *rate_minutes, description))
        }
    };
    let why = if function.why.is_empty() { String::new() } else { format!(" ({})", function.why) };
    let text = named(FUNCTION, &function.name)
        .replace("<what>", &format!("{when}{why}"))
        .replace("<memory>", &function.memory_mib.to_string())
        .replace("<timeout>", &function.timeout_seconds.to_string());
    let text = fill(&text, "<seals>", if function.seals_logs { SEALS } else { "" });
    fill(&text, "<stripe>", stripe(function.stripe)) + &starts
}

/// The setting of the function that seals logs.
const SEALS: &str = "          SEATWISE_SEAL_KEYS: !GetAtt SealKeys.Id\n";

/// The settings of a function that has to do with Stripe. It knows no secret that it may not read.
fn stripe(of: StripeUse) -> &'static str {
    match of {
        StripeUse::None => "",
        StripeUse::Asks | StripeUse::Pays => {
            "          SEATWISE_STRIPE_KEYS: !GetAtt StripeKeys.Id
          SEATWISE_STRIPE_URL: !Ref StripeUrl
"
        }
        StripeUse::Webhook => {
            "          SEATWISE_STRIPE_LIVE: !Ref StripeLive
          SEATWISE_STRIPE_WEBHOOK_SECRETS: !GetAtt StripeWebhookSecrets.Id
"
        }
    }
}

fn api_route(function: &Function, route: &Route) -> String {
    let authorization = if route.rate == Rate::Public {
        "      # Open without a token.\n      AuthorizationType: NONE\n"
    } else {
        "      AuthorizationType: JWT\n      AuthorizerId: !Ref Authorizer\n"
    };
    let text = fill(&named(ROUTE, &function.name), "<authorization>", authorization);
    text.replace("<route>", &route.key())
}

fn route_settings(route: &Route) -> String {
    format!(
        "        {}: {{ ThrottlingBurstLimit: {}, ThrottlingRateLimit: !Ref {} }}\n",
        route.key(),
        route.rate.burst(),
        route.rate.parameter()
    )
}

/// No route is watched like this: a request that fails is a 5xx of the API.
fn alarms(function: &Function) -> String {
    named(ALARMS, &function.name)
}

fn stream(function: &Function, keys: StreamKeys, (batch, window_seconds): (u32, u32)) -> String {
    let (part, prefix) = match keys {
        StreamKeys::Partition(prefix) => ("pk", prefix),
        StreamKeys::Sort(prefix) => ("sk", prefix),
    };
    // Five minutes, and what records wait for others.
    let late_minutes = 5 + window_seconds / 60 * 5;
    let text = named(STREAM, &function.name)
        .replace("<part of the key>", part)
        .replace("<prefix>", prefix)
        .replace("<batch>", &batch.to_string())
        .replace("<window>", &window_seconds.to_string())
        .replace("<late minutes>", &late_minutes.to_string())
        .replace("<late milliseconds>", &(late_minutes * 60_000).to_string());
    text + &alarms(function)
}

fn schedule(function: &Function, minutes: u32, description: &str) -> String {
    let unit = if minutes == 1 { "minute" } else { "minutes" };
    let text = named(SCHEDULE, &function.name)
        .replace("<schedule>", &format!("rate({minutes} {unit})"))
        .replace("<description>", description);
    text + &alarms(function)
}

fn every(minutes: u32) -> String {
    if minutes == 1 { "every minute".to_owned() } else { format!("every {minutes} minutes") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::template::functions::functions;
    use crate::infra::template::roles::roles;

    #[test]
    fn permissions_that_cannot_be_are_named() {
        let message = |text: &str| {
            let permissions = Permissions::read(text);
            let template = permissions.and_then(|permissions| {
                stack(&functions(), &permissions)?;
                roles(&functions(), &permissions)
            });
            template.err().map(|error| error.to_string()).unwrap_or_default()
        };
        let publisher = "publish-policies dynamodb:Query POLICY#\n";
        assert!(message("join").contains("needs a function and an action: join"));
        assert!(message("join dynamodb:Query W#").contains("says nothing of publish-policies"));
        assert!(
            message(&format!("{publisher}frobnicate dynamodb:Query W#"))
                .contains("there is no function frobnicate")
        );
        assert!(message(publisher).contains("says nothing of "));
    }
}

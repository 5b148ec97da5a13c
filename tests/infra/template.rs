//! The resources of the committed templates.

use std::collections::BTreeSet;

use seatwise_functions::{background, operations};
use serde_json::{Map, Value, json};

use super::{read, yaml};

/// A parsed template.
pub struct Template {
    /// The size of its text.
    pub bytes: usize,
    document: Value,
}

impl Template {
    pub fn of(text: &str) -> Self {
        Self { bytes: text.len(), document: yaml::parse(text) }
    }

    /// `Parameters`, `Outputs` or `Resources`.
    pub fn section(&self, name: &str) -> &Map<String, Value> {
        self.document[name].as_object().unwrap_or_else(|| panic!("no {name}"))
    }

    pub fn resource(&self, id: &str) -> &Value {
        &self.section("Resources")[id]
    }

    /// The logical ids and properties of all resources of a type.
    pub fn all<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let resources = self.section("Resources").iter();
        let of_kind = resources.filter(move |(_, resource)| resource["Type"] == kind);
        of_kind.map(|(id, resource)| (id.as_str(), &resource["Properties"]))
    }
}

pub fn stack() -> Template {
    Template::of(&read("template.yaml"))
}

pub fn roles() -> Template {
    Template::of(&read("roles.yaml"))
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        value => value.as_str().into_iter().collect(),
    }
}

/// All policy statements in a document.
fn statements<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(entries) => {
            found.extend(entries.get("Statement").and_then(Value::as_array).into_iter().flatten());
            entries.values().for_each(|value| statements(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| statements(value, found)),
        _ => {}
    }
}

#[test]
fn d1_every_operation_is_a_function_with_a_role_of_its_own() {
    let (stack, roles) = (stack(), roles());
    let functions: Vec<_> = stack.all("AWS::Lambda::Function").map(|(_, function)| function).collect();
    let handlers: BTreeSet<_> =
        functions.iter().filter_map(|function| function["Handler"].as_str()).collect();
    let names = operations::all().iter().map(|row| row.name).chain(background::names());
    assert_eq!(handlers, names.collect());
    // The nested template has a role for each function, and no two functions share one.
    let own: BTreeSet<_> = functions
        .iter()
        .map(|function| {
            let output =
                function["Role"]["Fn::GetAtt"][1].as_str().and_then(|it| it.strip_prefix("Outputs."));
            assert_eq!(function["Role"]["Fn::GetAtt"][0], "Roles");
            let arn = &roles.section("Outputs")[output.expect("an output of Roles")]["Value"]["Fn::Sub"];
            let id = arn
                .as_str()
                .and_then(|arn| arn.split_once(":role/${"))
                .map(|(_, id)| id.trim_end_matches('}'));
            let role = roles.resource(id.expect("a role"));
            assert_eq!(
                role["Properties"]["Description"], function["Handler"],
                "the role of another function"
            );
            id
        })
        .collect();
    assert_eq!(own.len(), functions.len());
    // The other roles are the gateway's and the publisher's.
    assert_eq!(roles.all("AWS::IAM::Role").count(), functions.len() + 1);
    assert_eq!(stack.all("AWS::IAM::Role").map(|(id, _)| id).collect::<Vec<_>>(), ["PublishPoliciesRole"]);
    for template in [&stack, &roles] {
        let mut found = Vec::new();
        statements(&template.document, &mut found);
        let actions: Vec<_> = found.iter().flat_map(|statement| texts(&statement["Action"])).collect();
        assert!(!actions.is_empty());
        assert!(actions.iter().all(|action| !action.contains('*')), "{actions:?}");
    }
}

/// A change of permissions creates a new role, so that running code keeps the permissions that it needs.
#[test]
fn d1_a_role_is_never_changed() {
    use seatwise_cli::infra::template::{Permissions, functions, roles};
    let ids = |permissions: &str| {
        let permissions = Permissions::read(permissions).expect("permissions");
        let template = Template::of(&roles(&functions(), &permissions).expect("a template"));
        template.all("AWS::IAM::Role").map(|(id, _)| id.to_owned()).collect::<BTreeSet<_>>()
    };
    let before = read("permissions.txt");
    let after = format!("{before}join dynamodb:Scan W#\n");
    let (before, after) = (ids(&before), ids(&after));
    let changed: Vec<_> = before.symmetric_difference(&after).collect();
    assert_eq!(changed.len(), 2, "{changed:?}");
    assert!(changed.iter().all(|id| id.starts_with("Join")), "{changed:?}");
}

/// The gateway can invoke the functions of routes, as its role only.
#[test]
fn d1_the_gateway_invokes_the_functions_of_routes_alone() {
    let (stack, roles) = (stack(), roles());
    let integrations: Vec<_> = stack.all("AWS::ApiGatewayV2::Integration").collect();
    assert_eq!(integrations.len(), operations::all().len());
    for (id, integration) in integrations {
        let role = json!({ "Fn::GetAtt": ["Roles", "Outputs.Gateway"] });
        assert_eq!(integration["CredentialsArn"], role, "{id}");
    }
    let invoked: BTreeSet<_> = roles
        .all("AWS::IAM::ManagedPolicy")
        .filter(|(id, _)| id.starts_with("MayInvoke"))
        .flat_map(|(_, policy)| policy["PolicyDocument"]["Statement"].as_array().into_iter().flatten())
        .inspect(|statement| assert_eq!(statement["Action"], "lambda:InvokeFunction"))
        .flat_map(|statement| statement["Resource"].as_array().into_iter().flatten())
        .filter_map(|arn| arn["Fn::Sub"].as_str()?.split_once("function:${Stack}-"))
        .map(|(_, name)| name)
        .collect();
    assert_eq!(invoked, operations::all().iter().map(|row| row.name).collect());
    let permissions = stack.all("AWS::Lambda::Permission");
    let principals: BTreeSet<_> =
        permissions.filter_map(|(_, permission)| permission["Principal"].as_str()).collect();
    assert_eq!(principals, ["events.amazonaws.com"].into());
}

#[test]
fn d1_routes_are_closed_unless_named_here() {
    let stack = stack();
    let routes: Vec<_> = stack.all("AWS::ApiGatewayV2::Route").map(|(_, route)| route).collect();
    assert_eq!(routes.len(), operations::all().len());
    let open = routes.iter().filter(|route| route["AuthorizationType"] != "JWT");
    let open: BTreeSet<_> = open.filter_map(|route| route["RouteKey"].as_str()).collect();
    let expected = [
        "GET /v1/product",
        "GET /v1/workspaces/{workspaceId}/logo",
        "POST /v1/invitations/preview",
        "POST /v1/stripe/webhook",
    ];
    assert_eq!(open, expected.into());
    // The access log has no ids and no search terms.
    let stage = &stack.resource("ApiStage")["Properties"];
    for leaky in ["context.path", "queryString", "header", "context.authorizer.claims"] {
        assert!(!stage.to_string().contains(leaky), "{leaky}");
    }
    for row in operations::all() {
        let burst = &stage["RouteSettings"][row.route()]["ThrottlingBurstLimit"];
        assert!(burst.is_string(), "{}", row.name);
    }
}

/// The emulator ignores these settings.
#[test]
fn d2_the_table_is_kept_encrypted_and_recoverable() {
    let stack = stack();
    let table = stack.resource("Table");
    let kept = json!({ "Ref": "RemovalPolicy" });
    assert_eq!((&table["DeletionPolicy"], &table["UpdateReplacePolicy"]), (&kept, &kept));
    let table = &table["Properties"];
    for (setting, value) in [
        ("/BillingMode", json!("PAY_PER_REQUEST")),
        ("/DeletionProtectionEnabled", json!({ "Fn::If": ["IsProtected", "true", "false"] })),
        ("/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled", json!("true")),
        ("/SSESpecification/SSEEnabled", json!("true")),
        ("/StreamSpecification/StreamViewType", json!("KEYS_ONLY")),
        ("/LocalSecondaryIndexes/0/IndexName", json!("by-name")),
        ("/TimeToLiveSpecification", json!({ "AttributeName": "ttl", "Enabled": "true" })),
    ] {
        assert_eq!(table.pointer(setting), Some(&value), "{setting}");
    }
}

/// An update replaces a resource if its logical id changes, and the contents would be lost.
#[test]
fn d2_what_holds_state_keeps_its_logical_id() {
    let stack = stack();
    for (id, kind) in [
        ("Table", "AWS::DynamoDB::Table"),
        ("LinkKeys", "AWS::SecretsManager::Secret"),
        ("SigningKeys", "AWS::SecretsManager::Secret"),
        ("PolicyKeys", "AWS::SecretsManager::Secret"),
        ("SealKeys", "AWS::SecretsManager::Secret"),
        ("SealPublicKeys", "AWS::SecretsManager::Secret"),
        // Its messages.
        ("DeadMail", "AWS::SQS::Queue"),
        ("AccessLog", "AWS::Logs::LogGroup"),
        // Clients know its address.
        ("Api", "AWS::ApiGatewayV2::Api"),
        // A person has confirmed its subscription.
        ("AlarmTopic", "AWS::SNS::Topic"),
        // Operators' own policies name it.
        ("PublishPoliciesRole", "AWS::IAM::Role"),
    ] {
        assert_eq!(stack.resource(id)["Type"], kind, "{id}");
    }
}

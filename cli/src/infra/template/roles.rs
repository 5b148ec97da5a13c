//! `infra/roles.yaml`: a role for each function, and the gateway's.

use std::fmt::Write as _;

use super::functions::{Function, FunctionTrigger};
use super::permissions::{Names, PUBLISHER, Permissions, TemplateError};
use super::text::{WARNING, fill, named, pascal};

const HEAD: &str = include_str!("../../../../infra/template/roles.yaml");
const ROLE: &str = include_str!("../../../../infra/template/role.yaml");
const STREAM: &str = include_str!("../../../../infra/template/stream-permissions.yaml");
const MAY_INVOKE: &str = include_str!("../../../../infra/template/may-invoke.yaml");

/// The number of policies for the functions that the gateway may invoke: a managed policy has at most 6,144
/// characters, and the longest ARN of a function has 123. A role may have ten policies.
const GATEWAY_POLICIES: u32 = 8;

const NAMES: Names = Names { table: "Table", secret: ("!Ref ", "") };

/// The template with the roles.
pub fn roles(functions: &[Function], permissions: &Permissions) -> Result<String, TemplateError> {
    permissions
        .require_known(|name| name == PUBLISHER || functions.iter().any(|function| function.name == name))?;
    let (mut resources, mut outputs) = (String::new(), String::new());
    for function in functions {
        let role = role(function, permissions)?;
        // Other permissions are another role: see infra/template/roles.yaml.
        let id = format!("{}{:08x}", pascal(&function.name), fingerprint(&role));
        let _ = write!(resources, "\n  {id}:\n{role}");
        let _ = writeln!(outputs, "  {}: {{ Value: !Sub '{}' }}", pascal(&function.name), arn(&id));
    }
    let mut attached = String::new();
    for number in 0..GATEWAY_POLICIES {
        let names =
            functions.iter().filter(|function| function.route().is_some()).map(|function| &function.name);
        // By its name alone, so that a new operation moves no other from one policy to another.
        let names: Vec<&String> =
            names.filter(|name| fingerprint(name) % GATEWAY_POLICIES == number).collect();
        if !names.is_empty() {
            resources += &may_invoke(number, &names);
            let _ = writeln!(attached, "        - !Ref MayInvoke{number}");
        }
    }
    let head = fill(HEAD, "<outputs>", &outputs).replace("<gateway>", &arn("Gateway"));
    let head = fill(&head, "<policies of the gateway>", &attached);
    Ok(format!("{WARNING}{head}{resources}"))
}

/// The role of a function, without its logical id.
fn role(function: &Function, permissions: &Permissions) -> Result<String, TemplateError> {
    let mut statements = permissions.statements(&function.name, &NAMES)?;
    if matches!(function.trigger, FunctionTrigger::Stream { .. }) {
        statements += STREAM;
    }
    Ok(fill(&named(ROLE, &function.name), "<permissions>", &statements))
}

/// The ARN of a role without a path.
fn arn(id: &str) -> String {
    format!("arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/${{{id}}}")
}

/// A policy that lets the gateway invoke these functions.
fn may_invoke(number: u32, names: &[&String]) -> String {
    let resource = |name: &&String| {
        format!(
            "              - !Sub 'arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:${{Stack}}-{name}'\n"
        )
    };
    let text = MAY_INVOKE.replace("<number>", &number.to_string());
    fill(&text, "<functions>", &names.iter().map(resource).collect::<String>())
}

/// FNV-1a, 32 bits: the same in every release.
fn fingerprint(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

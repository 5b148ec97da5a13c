//! The form encoding of nested parameters, as Stripe reads them: `items[0][price]=...`.

use form_urlencoded::Serializer;
use serde_json::Value;

/// Fields without a value are left out; an empty text stays, since it clears a field at Stripe.
pub(crate) fn encode(parameters: &Value) -> String {
    let mut form = Serializer::new(String::new());
    append(&mut form, "", parameters);
    form.finish()
}

fn append(form: &mut Serializer<'_, String>, name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            // In one order, whatever order the features of other crates make a map have.
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(field, _)| *field);
            for (field, value) in fields {
                append(form, &inner(name, field), value);
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                append(form, &inner(name, &index.to_string()), value);
            }
        }
        Value::String(text) => {
            form.append_pair(name, text);
        }
        Value::Bool(_) | Value::Number(_) => {
            form.append_pair(name, &value.to_string());
        }
    }
}

fn inner(outer: &str, field: &str) -> String {
    if outer.is_empty() { field.to_owned() } else { format!("{outer}[{field}]") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn decoded(parameters: &Value) -> String {
        let pairs = encode(parameters);
        let pairs = form_urlencoded::parse(pairs.as_bytes()).map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("&")
    }

    #[test]
    fn the_examples_of_stripes_documentation_are_written_as_there() {
        assert_eq!(decoded(&json!({"metadata": {"order_id": "6735"}})), "metadata[order_id]=6735");
        let checkout = json!({
            "line_items": [{"price": "price_1", "quantity": 2}],
            "mode": "payment",
            "success_url": "https://example.com/success",
        });
        assert_eq!(
            decoded(&checkout),
            "line_items[0][price]=price_1&line_items[0][quantity]=2&mode=payment\
             &success_url=https://example.com/success"
        );
        let upgrade = json!({"items": [{"id": "si_1", "price": "price_2"}, {"id": "si_2", "deleted": true}]});
        assert_eq!(
            decoded(&upgrade),
            "items[0][id]=si_1&items[0][price]=price_2&items[1][deleted]=true&items[1][id]=si_2"
        );
    }

    #[test]
    fn names_and_values_are_escaped() {
        assert_eq!(encode(&json!({"a": {"b": "c&d=e f+é"}})), "a%5Bb%5D=c%26d%3De+f%2B%C3%A9");
    }

    #[test]
    fn what_has_no_value_is_left_out_and_an_empty_text_stays() {
        let parameters = json!({"amount": null, "items": [], "metadata": {}, "email": ""});
        assert_eq!(encode(&parameters), "email=");
    }
}

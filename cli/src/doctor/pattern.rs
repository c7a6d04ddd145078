//! Whether the pattern of a rule takes an event, as EventBridge reads it.
//!
//! Read are the conditions that the patterns of `infra/template.yaml` have, and their neighbours. A pattern that somebody
//! else wrote may have others: of these nothing is known.
//!
//! Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>

use serde_json::{Map, Value};
use shared::truth::Truth;

/// Each field that the pattern names has to meet one of its conditions.
pub(super) fn takes(pattern: &Value, event: &Value) -> Truth {
    let Some(fields) = pattern.as_object() else { return Truth::Unknown };
    Truth::all(fields.iter().map(|(field, wanted)| match wanted {
        Value::Array(patterns) if field == "$or" => {
            Truth::any(patterns.iter().map(|pattern| takes(pattern, event)))
        }
        Value::Array(conditions) => {
            Truth::any(conditions.iter().map(|condition| meets(condition, event.get(field))))
        }
        Value::Object(_) => takes(wanted, event.get(field).unwrap_or(&Value::Null)),
        _ => Truth::Unknown,
    }))
}

fn meets(condition: &Value, found: Option<&Value>) -> Truth {
    if let Value::Object(condition) = condition {
        return meets_operator(condition, found);
    }
    is_any_of(found, |value| value == condition).into()
}

/// Of a list, one value is enough.
fn is_any_of(found: Option<&Value>, test: impl Fn(&Value) -> bool) -> bool {
    match found {
        Some(Value::Array(values)) => values.iter().any(test),
        found => found.is_some_and(test),
    }
}

fn meets_operator(condition: &Map<String, Value>, found: Option<&Value>) -> Truth {
    let mut operators = condition.iter();
    let (Some((operator, operand)), None) = (operators.next(), operators.next()) else {
        return Truth::Unknown;
    };
    let text = |test: &dyn Fn(&str) -> bool| {
        is_any_of(found, |value| value.as_str().is_some_and(test)).into()
    };
    match (operator.as_str(), operand) {
        ("exists", Value::Bool(is_wanted)) => (found.is_some() == *is_wanted).into(),
        ("prefix", Value::String(wanted)) => text(&|value| value.starts_with(wanted)),
        ("suffix", Value::String(wanted)) => text(&|value| value.ends_with(wanted)),
        ("equals-ignore-case", Value::String(wanted)) => {
            text(&|value| value.to_lowercase() == wanted.to_lowercase())
        }
        // A backslash takes a star for what it is.
        ("wildcard", Value::String(wanted)) if !wanted.contains('\\') => {
            text(&|value| is_like(value, wanted))
        }
        ("anything-but", Value::Array(unwanted)) => {
            is_any_of(found, |value| !unwanted.contains(value)).into()
        }
        ("anything-but", unwanted @ (Value::String(_) | Value::Number(_))) => {
            is_any_of(found, |value| value != unwanted).into()
        }
        _ => Truth::Unknown,
    }
}

/// A star stands for any text.
fn is_like(text: &str, wildcard: &str) -> bool {
    let mut parts = wildcard.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        let Some((_, behind)) = rest.split_once(part) else { return false };
        rest = behind;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use Truth::{No, Unknown, Yes};
    use serde_json::json;

    use super::*;

    /// What a condition makes of a value, or of its absence.
    fn told(condition: &Value, value: Option<Value>) -> Truth {
        let event = value.map_or_else(|| json!({}), |value| json!({"field": value}));
        takes(&json!({"field": [condition]}), &event)
    }

    #[test]
    fn conditions_are_read_as_eventbridge_reads_them() {
        let here = |text: &str| Some(json!(text));
        for (condition, value, expected) in [
            (json!("a"), here("a"), Yes),
            (json!("a"), here("b"), No),
            (json!("a"), None, No),
            (json!("a"), Some(json!(["b", "a"])), Yes),
            (json!({"exists": false}), None, Yes),
            (json!({"exists": false}), here("a"), No),
            (json!({"exists": true}), here("a"), Yes),
            (json!({"prefix": "aws."}), here("aws.sso"), Yes),
            (json!({"prefix": "aws."}), here("com.aws."), No),
            (json!({"suffix": ".yaml"}), here("rules.yaml"), Yes),
            (json!({"suffix": ".yaml"}), here("rules.yaml.txt"), No),
            (json!({"equals-ignore-case": "a"}), here("A"), Yes),
            (json!({"wildcard": "*:account/*"}), here("arn:x:account/o-1/1"), Yes),
            (json!({"wildcard": "*:account/*"}), here("arn:x:ou/o-1/1"), No),
            (json!({"wildcard": "a*a"}), here("a"), No),
            (json!({"wildcard": "a*b*c"}), here("a-b-c"), Yes),
            (json!({"wildcard": "a*b*c"}), here("a-c"), No),
            (json!({"wildcard": "a"}), here("ab"), No),
            (json!({"anything-but": "a"}), here("b"), Yes),
            (json!({"anything-but": "a"}), here("a"), No),
            (json!({"anything-but": ["a", "b"]}), here("b"), No),
            // Of what is not there nothing is anything.
            (json!({"anything-but": "a"}), None, No),
            (json!({"cidr": "10.0.0.0/8"}), here("10.0.0.1"), Unknown),
            (json!({"anything-but": {"prefix": "a"}}), here("b"), Unknown),
            (json!({"wildcard": "a\\*"}), here("a*"), Unknown),
        ] {
            assert_eq!(told(&condition, value.clone()), expected, "{condition} of {value:?}");
        }
    }

    #[test]
    fn all_fields_are_asked_and_one_way_of_several_is_enough() {
        let pattern = json!({
            "source": ["a", "b"],
            "detail": {"error": [{"exists": false}], "$or": [{"name": ["x"]}, {"name": ["y"], "state": ["done"]}]},
        });
        let event = |source: &str, detail: Value| json!({"source": source, "detail": detail});
        for (event, expected) in [
            (event("a", json!({"name": "x"})), Yes),
            (event("b", json!({"name": "y", "state": "done"})), Yes),
            (event("b", json!({"name": "y", "state": "not yet"})), No),
            (event("c", json!({"name": "x"})), No),
            (event("a", json!({"name": "x", "error": "denied"})), No),
            (json!({"source": "a"}), No),
        ] {
            assert_eq!(takes(&pattern, &event), expected, "{event}");
        }
        // What is not understood does not matter where something else is decisive.
        let odd = json!({"source": ["a"], "detail": {"name": [{"numeric": ["=", 1]}]}});
        assert_eq!(takes(&odd, &event("a", json!({"name": 1}))), Unknown);
        assert_eq!(takes(&odd, &event("b", json!({"name": 1}))), No);
        assert_eq!(takes(&json!("text"), &event("a", json!({}))), Unknown);
    }
}

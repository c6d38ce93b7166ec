//! The description of the API, made from the operations and from the types that they read and write.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform as _};
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::operation::{Answer, Operation, operations};

/// The description of the API: an `OpenAPI` 3.1 document. `with_token` is whether clients need a token.
///
/// The schemas are those of the types that are read and written, so that they cannot say something else.
pub fn openapi(with_token: bool) -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.meta_schema = None;
    settings.definitions_path = "/components/schemas".into();
    let mut generator = settings.into_generator();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for operation in operations() {
        let described = describe(&operation, with_token, &mut generator);
        let method = operation.method.as_str().to_lowercase();
        let path = paths.entry(operation.path).or_default();
        path.insert(method, described);
    }
    let mut components = json!({ "schemas": generator.take_definitions(false) });
    if with_token {
        components["securitySchemes"] = json!({ "token": { "type": "http", "scheme": "bearer" } });
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "otelbox control API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Faults, journal and ledger of a running OTLP receiver. Every error is a problem (RFC 9457).",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": components,
    });
    bound_integers(&mut document);
    document
}

fn describe(operation: &Operation, with_token: bool, generator: &mut SchemaGenerator) -> Value {
    let mut described = json!({
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
    });
    if !operation.description.is_empty() {
        described["description"] = operation.description.into();
    }
    if with_token {
        described["security"] = if operation.needs_token() {
            json!([{ "token": [] }])
        } else {
            json!([])
        };
    }
    let parameters = parameters(operation, generator);
    if !parameters.is_empty() {
        described["parameters"] = parameters.into();
    }
    if let Some(body) = &operation.body {
        let schema = (body.schema)(generator);
        described["requestBody"] = json!({
            "required": body.required,
            "content": { "application/json": { "schema": schema } },
        });
    }
    let mut answers: BTreeMap<String, Value> = BTreeMap::new();
    let common = common_problems(operation, with_token);
    for answer in common.iter().chain(&operation.answers) {
        answers.insert(
            answer.status.as_str().to_owned(),
            answer_of(answer, generator),
        );
    }
    described["responses"] = json!(answers);
    described
}

fn parameters(operation: &Operation, generator: &mut SchemaGenerator) -> Vec<Value> {
    let mut parameters = Vec::new();
    if let Some((name, schema)) = operation.in_path {
        let schema = schema(generator);
        parameters.push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
    }
    if let Some(schema) = operation.query {
        let mut fields = schema(generator);
        let properties = fields.remove("properties");
        let required = fields.remove("required").unwrap_or_default();
        let required = required.as_array().cloned().unwrap_or_default();
        for (name, schema) in properties.iter().filter_map(Value::as_object).flatten() {
            let mut schema = not_null(schema.clone());
            let description = schema
                .as_object_mut()
                .and_then(|schema| schema.remove("description"));
            let mut parameter = json!({
                "name": name,
                "in": "query",
                "required": required.contains(&Value::from(name.as_str())),
                "schema": schema,
            });
            if let Some(description) = description {
                parameter["description"] = description;
            }
            parameters.push(parameter);
        }
    }
    parameters
}

/// A value in a query is there or is not: it is never null.
fn not_null(mut schema: Value) -> Value {
    if let Some(kinds) = schema.get_mut("type").and_then(Value::as_array_mut) {
        kinds.retain(|kind| kind != "null");
        if let [kind] = kinds.as_slice() {
            schema["type"] = kind.clone();
        }
    }
    let description = schema.get("description").cloned();
    if let Some(choices) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        choices.retain(|choice| choice["type"] != "null");
        if let ([Value::Object(choice)], Some(description)) = (choices.as_slice(), description) {
            let mut choice = choice.clone();
            choice.insert("description".to_owned(), description);
            return choice.into();
        }
    }
    schema
}

fn answer_of(answer: &Answer, generator: &mut SchemaGenerator) -> Value {
    let mut described = json!({ "description": answer.description });
    if let Some((kind, schema)) = answer.content {
        let schema = schema(generator);
        described["content"] = json!({ kind: { "schema": schema } });
    }
    if answer.has_location {
        described["headers"] = json!({
            "Location": { "description": "Where it is.", "required": true, "schema": { "type": "string" } },
        });
    }
    described
}

/// What may be wrong with any request of this shape.
fn common_problems(operation: &Operation, with_token: bool) -> Vec<Answer> {
    let mut problems = vec![Answer::problem(
        StatusCode::FORBIDDEN,
        "The request comes from a web page of another site, or by a foreign name.",
    )];
    if with_token && operation.needs_token() {
        problems.push(Answer::problem(
            StatusCode::UNAUTHORIZED,
            "The token is missing or wrong.",
        ));
    }
    if operation.query.is_some() {
        problems.push(Answer::problem(
            StatusCode::BAD_REQUEST,
            "The query cannot be understood.",
        ));
    }
    if operation.body.is_some() {
        problems.push(Answer::problem(
            StatusCode::BAD_REQUEST,
            "The body is no JSON, or the query cannot be understood.",
        ));
        problems.push(Answer::problem(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The body is larger than a mebibyte.",
        ));
        problems.push(Answer::problem(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The body is not declared as JSON.",
        ));
        problems.push(Answer::problem(
            StatusCode::UNPROCESSABLE_ENTITY,
            "The body is JSON, and cannot be meant.",
        ));
    }
    problems
}

/// Says of every integer what the type says that reads it: JSON Schema knows no `uint64`.
fn bound_integers(document: &mut Value) {
    let bound = |schema: &mut Schema| {
        let Some(fields) = schema.as_object_mut() else {
            return;
        };
        let maximum: Value = match fields.get("format").and_then(Value::as_str) {
            Some("uint64" | "uint") => u64::MAX.into(),
            Some("uint32") => u32::MAX.into(),
            Some("uint16") => u16::MAX.into(),
            Some("int64") => {
                fields.entry("minimum").or_insert_with(|| i64::MIN.into());
                i64::MAX.into()
            }
            _ => return,
        };
        fields.entry("maximum").or_insert(maximum);
    };
    let mut transform = RecursiveTransform(bound);
    let Some(document) = document.as_object_mut() else {
        return;
    };
    let schemas = document
        .get_mut("components")
        .and_then(|components| components.get_mut("schemas"))
        .and_then(Value::as_object_mut);
    for schema in schemas.into_iter().flat_map(Map::values_mut) {
        each_schema(schema, &mut transform);
    }
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for operation in paths
        .into_iter()
        .flat_map(Map::values_mut)
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut)
    {
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            if let Some(schema) = parameter.get_mut("schema") {
                each_schema(schema, &mut transform);
            }
        }
    }
}

fn each_schema(value: &mut Value, transform: &mut RecursiveTransform<impl FnMut(&mut Schema)>) {
    if let Ok(schema) = value.try_into() {
        transform.transform(schema);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_described_and_every_reference_leads_somewhere() {
        let document = openapi(true);
        let text = document.to_string();
        for operation in operations() {
            let path = operation.path;
            let described = &document["paths"][path][operation.method.as_str().to_lowercase()];
            assert_eq!(described["operationId"], operation.id);
            assert!(
                !operation.summary.is_empty() && !operation.tag.is_empty(),
                "{path}"
            );
            assert!(!operation.answers.is_empty(), "{path}");
            assert_eq!(path.contains('{'), operation.in_path.is_some(), "{path}");
        }
        let names = text.split("\"#/components/schemas/").skip(1);
        let mut references = 0;
        for name in names.filter_map(|rest| rest.split('"').next()) {
            references += 1;
            assert!(
                document["components"]["schemas"][name].is_object(),
                "{name}"
            );
        }
        assert!(references > 20);
    }

    #[test]
    fn names_of_operations_are_unique() {
        let mut ids: Vec<&str> = operations().iter().map(|operation| operation.id).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }
}

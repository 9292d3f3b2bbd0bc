"""Validates YAML files against a JSON Schema: reads {"schema": …, "files": {name: text}}, prints [names refused]."""
import json
import sys

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """YAML as editors read it for JSON Schema: dates are strings."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

request = json.load(sys.stdin)
jsonschema.Draft202012Validator.check_schema(request["schema"])
validator = jsonschema.Draft202012Validator(request["schema"])
print(json.dumps([
    name for name, text in request["files"].items() if not validator.is_valid(yaml.load(text, Loader) or {})
]))

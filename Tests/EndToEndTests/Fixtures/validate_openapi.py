"""Holds an OpenAPI document to the specification, and its examples and defaults to their schemas.

    validate_openapi.py FILE
"""

import json
import sys

from openapi_spec_validator import OpenAPIV31SpecValidator

with open(sys.argv[1], encoding="utf-8") as file:
    document = json.load(file)
errors = sorted(OpenAPIV31SpecValidator(document).iter_errors(), key=lambda error: list(map(str, error.absolute_path)))
for error in errors:
    print("/".join(map(str, error.absolute_path)), error.message)
sys.exit(1 if errors else 0)

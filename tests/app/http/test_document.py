"""The OpenAPI document is one by the specification's own schema, and its parts hold to JSON Schema 2020-12."""

from __future__ import annotations

import json

from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from skystork.app.http.api import contract


def test_it_is_valid_openapi_3_1() -> None:
    validate(json.loads(contract()), cls=OpenAPIV31SpecValidator)


def test_the_validator_would_tell() -> None:
    broken = json.loads(contract())
    broken["paths"]["/v1/orders"]["post"]["responses"] = {"created": {}}
    assert list(OpenAPIV31SpecValidator(broken).iter_errors())

"""What OpenAPI says is true, whatever is asked; the page that shows it needs no network."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance
from starlette.testclient import TestClient

from recsys.api.documentation import STATIC

MOST_EXAMPLES = 12


def test_no_request_fails_and_every_answer_is_as_described(api_schema: BaseSchema) -> None:
    """Whatever a generator of requests thinks of, valid or not, is answered as OpenAPI says."""
    asked = set()
    for found in api_schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        modes = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
        cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes))

        @settings(max_examples=MOST_EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=cases)
        def ask(case: Case[Any]) -> None:
            # What is well formed can still be refused, such as a ranker that this version does not hold. And
            # whatever stands for one of several texts is a text once it is in an address.
            left_out: list[Any] = [positive_data_acceptance]
            if {"category", "brand"} & set(case.query or {}):
                left_out.append(negative_data_rejection)
            case.call_and_validate(base_url="http://127.0.0.1", excluded_checks=left_out)

        ask()
        asked.add(operation.path)
    assert {"/recommend", "/similar", "/next", "/basket", "/batch", "/explain", "/version"} <= asked


def test_the_documentation_page_uses_only_files_of_this_server(client: TestClient) -> None:
    page = client.get("/docs").text
    assert not re.findall(r"https?://", page)
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        if not address.startswith("data:"):
            assert client.get(f"/{address}").status_code == 200
    assert (STATIC / "swagger-ui-bundle.js").is_file()

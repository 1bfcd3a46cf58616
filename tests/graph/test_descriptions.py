"""The answer type describes its REST route and its GraphQL field."""

from itertools import chain

from graphql import GraphQLEnumType, GraphQLObjectType, get_named_type

from graph.answer import Report
from graph.dsl.answers import QueryAnswer
from graph.dsl.catalog import Catalog
from graph.gql.schema import SCHEMA
from graph.rest import openapi
from graph.rest.endpoints import ENDPOINTS
from graph.rest.insights import INSIGHTS
from schema.statuses import COMPARISON_STATUSES

ANSWERS: list[type[Report]] = [*[endpoint.answer for endpoint in (*ENDPOINTS, *INSIGHTS)], QueryAnswer, Catalog]


def test_each_answer_describes_its_route_and_its_field() -> None:
    root = SCHEMA.query_type
    assert isinstance(root, GraphQLObjectType)
    fields = {get_named_type(field.type).name: field.description for field in root.fields.values()}
    operations = {
        content["schema"]["$ref"].rpartition("/")[2]: operation
        for path in openapi.document()["paths"].values()
        for operation in path.values()
        if "200" in operation["responses"]
        and "$ref" in (content := operation["responses"]["200"]["content"]["application/json"])["schema"]
    }
    for answer in ANSWERS:
        operation = operations[answer.__name__]
        title, _, rest = answer.about.partition(". ")
        assert fields[answer.__name__] == answer.about
        assert operation["summary"].rstrip(".") == title.rstrip(".")
        assert operation["description"] == f"{answer.__doc__} {rest}".strip()
    assert len(ANSWERS) == len(set(ANSWERS)) == len(list(chain(ENDPOINTS, INSIGHTS))) + 2


def test_a_status_means_the_same_wherever_it_is_explained() -> None:
    status = SCHEMA.get_type("ReconciliationStatus")
    comparison = SCHEMA.get_type("Comparison")
    assert isinstance(status, GraphQLEnumType)
    assert isinstance(comparison, GraphQLObjectType)
    assert {name: value.description for name, value in status.values.items()} == COMPARISON_STATUSES
    said = comparison.fields["status"].description or ""
    assert all(f"{name}: {meaning}" in said for name, meaning in COMPARISON_STATUSES.items())


def test_an_argument_means_what_the_parameter_of_its_name_does() -> None:
    assert SCHEMA.query_type is not None
    fields = {get_named_type(field.type).name: field for field in SCHEMA.query_type.fields.values()}
    differing = {
        f"{endpoint.name}({parameter.name})"
        for endpoint in (*ENDPOINTS, *INSIGHTS)
        for parameter in endpoint.parameters
        if (argument := fields[endpoint.answer.__name__].args.get(parameter.name)) is not None
        and not (argument.description or "").startswith(parameter.description)
    }
    assert differing == set()

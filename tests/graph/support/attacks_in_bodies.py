"""Expensive request bodies: of the query language, of GraphQL documents and of their variables."""

from collections.abc import Mapping
from typing import Final

from graph.access.cursors import LONGEST as LONGEST_CURSOR
from graph.gql.documents import LONGEST as LONGEST_DOCUMENT
from graph.gql.documents import MOST_TOKENS
from graph.http.bodies import MOST_OBJECTS, MOST_VALUES
from tests.graph.support.attacks import (
    QUERY,
    TIME,
    VARIABLES,
    AttackOfSize,
    graphql,
    lists,
    long,
    members,
    objects,
    post,
    query,
    texts,
    upto,
)

QUERIES: Final[Mapping[str, AttackOfSize]] = {
    "twice the last name": lambda s: query(f'{{{members(s)},"last":1,"last":2}}'),
    "unknown members": lambda s: query(f"{{{members(s)}}}"),
    "unknown members of a known name's kind": lambda s: query(
        "{" + upto(s * 9_000, lambda n: f'"measures{n}":1') + "}"
    ),
    "unknown members of time": lambda s: query(f'{{"dataset":"dlr","measures":["messages"],"time":{{{members(s)}}}}}'),
    "integers": lambda s: query(f'{{"a":{texts(s, "{}".format)}}}'),
    "decimals": lambda s: query(f'{{"a":{texts(s, lambda _: "1.5e7")}}}'),
    "lists": lambda s: query(f'{{"a":[{upto(s * MOST_VALUES / 2.1, lambda _: "[]")}]}}'),
    "objects": lambda s: query(f'{{"a":{objects(s)}}}'),
    "nested": lambda s: query(f'{{"a":{"[" * int(s * 9_000)}'),
    "nested objects": lambda s: query('{"a":' * int(s * MOST_OBJECTS)),
    "a long text": lambda s: query(f'{{"dataset":"{long(s, "x")}"}}'),
    "escapes": lambda s: query(f'{{"dataset":"{long(s, chr(92) + "ud800")}"}}'),
    "a long name": lambda s: query(f'{{"{long(s, "x")}":1}}'),
    "blanks": lambda s: query(f"{{{long(s, ' ')}x"),
    "a long number": lambda s: query(f'{{{QUERY},"limit":{long(s, "9")}}}'),
    "measures": lambda s: query(f'{{"measures":{texts(s)}}}'),
    "orders": lambda s: query(f'{{"orderBy":{objects(s)}}}'),
    "wrong fields": lambda s: query(
        f'{{{QUERY},"filter":{{"and":{objects(s, lambda n: f"""{{"field":"lan{n}","op":"e"}}""")}}}}}'
    ),
    "conditions": lambda s: query(
        f'{{{QUERY},"filter":{{"and":[{upto(s * 19, lambda _: f"""{{"and":[{upto(99, lambda _: "{}")}]}}""")}]}}}}'
    ),
    "values that are none": lambda s: query(f'{{{QUERY},"filter":{lists(s, "lane", lambda _: "null")}}}'),
    "numbers for texts": lambda s: query(f'{{{QUERY},"filter":{lists(s, "lane", lambda _: "1")}}}'),
    "unknown values": lambda s: query(f'{{{QUERY},"filter":{lists(s, "direction")}}}'),
    "texts for counts": lambda s: query(f'{{{QUERY},"having":{lists(s, "messages")}}}'),
    "fractions for counts": lambda s: query(f'{{{QUERY},"having":{lists(s, "messages", lambda _: "1.5")}}}'),
    "huge exponents": lambda s: query(f'{{{QUERY},"having":{lists(s, "deliveryRate", lambda _: "1e999999")}}}'),
    "an accepted filter": lambda s: query(f'{{{QUERY},"totals":true,"filter":{lists(s, "accountId")}}}'),
    "accepted counts": lambda s: query(f'{{{QUERY},"having":{lists(s, "messages", str)}}}'),
    "a wrong zone": lambda s: query(f'{{{QUERY[:-1]},"timezone":"{long(s, "Africa/Casablanca")}"}}}}'),
    "a long cursor": lambda s: query(f'{{{QUERY},"after":"{long(s, "A", LONGEST_CURSOR, 0)}"}}'),
}
MANY: Final = "accountId messagesSent messagesDelivered messagesFailed totalCost dataAsOf"
SPREADS: Final = upto(36, "...f{}".format, " ")
DOCUMENTS: Final[Mapping[str, AttackOfSize]] = {
    "blanks": lambda s: graphql(f"{{{long(s, ' ', LONGEST_DOCUMENT)} catalog {{ granularities }} }}"),
    "a comment": lambda s: graphql(f"{{ #{long(s, 'x', LONGEST_DOCUMENT)}\n catalog {{ granularities }} }}"),
    "a text": lambda s: graphql(f'{{ account(id: "{long(s, "x", LONGEST_DOCUMENT)}") {{ segments }} }}'),
    "escapes": lambda s: graphql(f'{{ account(id: "{long(s, chr(92) + "n", LONGEST_DOCUMENT)}") {{ segments }} }}'),
    "a block": lambda s: graphql(
        f'{{ account(id: """{long(s, " x" + chr(10), LONGEST_DOCUMENT)}""") {{ segments }} }}'
    ),
    "a name": lambda s: graphql(f"{{ {long(s, 'x', LONGEST_DOCUMENT)} }}"),
    "a number": lambda s: graphql(f"{{ operators(first: {long(s, '9', LONGEST_DOCUMENT)}) {{ totalCount }} }}"),
    "errors behind many lines": lambda s: graphql(
        f"{{{long(s, chr(10), LONGEST_DOCUMENT, 12_000)}{upto(1000, 'x{}'.format, ' ')}}}"
    ),
    "one field": lambda s: graphql(
        f"{{ catalog {{ {upto(s * (MOST_TOKENS - 9), lambda _: 'granularities', ' ')} }} }}"
    ),
    "unknown fields": lambda s: graphql(f"{{ {upto(s * (MOST_TOKENS - 9), 'x{}'.format, ' ')} }}"),
    "operations": lambda s: graphql(upto(s * 480, "query q{} {{ catalog {{ granularities }} }}".format, " ")),
    "a chain of fragments": lambda s: graphql(
        f"{{ ...f0 }} {upto(s * 400, lambda n: f'fragment f{n} on Query {{ ...f{n + 1} }}', ' ')}"
    ),
    "operations that share fragments": lambda s: graphql(
        f"{upto(s * 300, 'query q{} {{ ...f0 }}'.format, ' ')} fragment f20 on Query {{ __typename }} "
        + upto(20, lambda n: f"fragment f{n} on Query {{ ...f{n + 1} catalog {{ granularities }} }}", " ")
    ),
    "a cycle of fragments": lambda s: graphql(
        f"{{ ...f0 }} {upto(s * 36, lambda n: f'fragment f{n} on Query {{ {SPREADS} }}', ' ')}"
    ),
    "unknown fragments": lambda s: graphql(f"{{ {upto(s * 1990, '...f{}'.format, ' ')} }}"),
    "variables": lambda s: graphql(
        f"query ({upto(s * 900, '$v{}: Int'.format, ' ')}) {{ catalog {{ granularities }} }}"
    ),
    "directives": lambda s: graphql(f"{{ catalog {upto(s * 1900, '@x{}'.format, ' ')} {{ granularities }} }}"),
    "fields to merge": lambda s: graphql(f"{{ {upto(s * 900, lambda _: 'catalog { granularities }', ' ')} }}"),
    "members of an input": lambda s: graphql(
        f"{{ query(input: {{ {upto(s * 1300, 'a{}: 1'.format, ' ')} }}) {{ data }} }}"
    ),
    "arguments": lambda s: graphql(f"{{ summary({upto(s * 1300, 'a{}: 1'.format, ' ')}) {{ segments }} }}"),
    "aliases of a long fragment": lambda s: graphql(
        f"{{ {upto(s * 190, 'a{}: summary {{ ...f }}'.format, ' ')} }} "
        f"fragment f on Summary {{ {'totalMessages ' * 2000} }}"
    ),
    "aliases of a fragment": lambda s: graphql(
        f"{{ {upto(s * 190, 'a{}: summary {{ ...f }}'.format, ' ')} }} fragment f on Summary {{ {'totalCost ' * 52} }}"
    ),
    "nested": lambda s: graphql("{ a " * int(s * 1900)),
    "a valid document": lambda s: graphql(
        f"{{ {upto(s * 190, 'a{0}: account(id: {0}) {{ segments {1} }}'.replace('{1}', MANY).format, ' ')} }}"
    ),
}
LONG: Final = "9" * 4000
INPUTS: Final[Mapping[str, AttackOfSize]] = {
    "texts": lambda s: post("/graphql", f'{VARIABLES}{{"dataset":"dlr","measures":{texts(s)},{TIME}}}}}}}'),
    "numbers for texts": lambda s: post(
        "/graphql", f'{VARIABLES}{{"dataset":"dlr","measures":{texts(s, "{}".format)},{TIME}}}}}}}'
    ),
    "unknown members": lambda s: post("/graphql", f"{VARIABLES}{{{members(s)}}}}}}}"),
    "unknown variables": lambda s: post("/graphql", f'{{"query":"{{__typename}}","variables":{{{members(s)}}}}}'),
    "conditions": lambda s: post("/graphql", f'{VARIABLES}{{{QUERY},"filter":{{"and":{objects(s)}}}}}}}}}'),
    "values": lambda s: post("/graphql", f'{VARIABLES}{{{QUERY},"filter":{lists(s, "direction")}}}}}}}'),
    "an accepted filter": lambda s: post("/graphql", f'{VARIABLES}{{{QUERY},"filter":{lists(s, "accountId")}}}}}}}'),
    "nested": lambda s: post(
        "/graphql",
        f'{VARIABLES}{{{QUERY},"filter":{{"field":"a","value":{"[" * int(s * 900)}{"]" * int(s * 900)}}}}}}}}}',
    ),
    "integers of 4,000 digits": lambda s: post(
        "/graphql",
        f'{VARIABLES}{{{QUERY},"filter":{{"field":"lane","op":"in","value":[{upto(s * 60, lambda _: LONG)}]}}}}}}}}',
    ),
}

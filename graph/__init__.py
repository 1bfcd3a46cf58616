"""The API: one core of reports and queries behind two interfaces, REST and GraphQL, and pages for people.

`app` wires it. `rest` and `gql` are the interfaces, `web` the pages, `audit` the regulator's listener. `reports`, `dsl`
(the query language) and `insights` compute answers; `exports` runs the jobs that write files. `access` decides who may
read what, and `http` is the layer below. `postgres` and `deadlines` bound work in the engines, `answer_headers` and
`validation` collect what an answer's headers say, and `errors` lists the errors of callers.
"""

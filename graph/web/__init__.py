"""Pages for people: the answers of REST and GraphQL as HTML, served by the API's process.

In reading order: `page` says what a page is, and `pages/` has one module per page and the list of all. `routes` makes
routes of that list, and `endpoint` answers them. `form` and `window` read what a URL requests. `panel` loads each part
of a page on its own, and `states` has what a page shows in place of figures. `identity` and `personas` say who is
asking. `rendering` fills `templates/`, with the filters of `format` and the descriptions of `meanings`. `kept` has the
pages that were rendered last. `security` has the headers, and `files` serves `static/`. `charts/` draws SVG, `series`
makes charts of an answer's series, `explore/` makes a form of the query language, and `live` is the stream that
`static/live.js` follows.
`reference/` is `/docs`, which shows the OpenAPI document.
"""

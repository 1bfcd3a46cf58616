"""Where a page lies in its list: https://relay.dev/graphql/connections.htm, forwards only."""

import strawberry


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    """As Relay has it. Pages go forwards only: the list is turned round by its order."""

    has_next_page: bool = strawberry.field(description="Whether there is more behind this page.")
    has_previous_page: bool = strawberry.field(description="Whether this page begins behind a cursor.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first edge; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="What to give as `after` for the next page; null if empty.")


def page_info(cursors: list[str], *, is_first: bool, has_more: bool) -> PageInfo:
    return PageInfo(
        has_next_page=has_more,
        has_previous_page=not is_first,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )

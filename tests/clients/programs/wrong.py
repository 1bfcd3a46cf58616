"""What a type checker refuses: each line with a comment. mypy also reports a comment where it finds no error."""

from anlyt_client import Client, all_of, dlr, where

LANE = where("lane", "eq", "OTP")

dlr(["mesages"], last="7d")  # type: ignore[list-item]
dlr(["messages"], ["currency"], last="7d")  # type: ignore[list-item]
dlr(["messages"], filter=where("messages", "eq", 3), last="7d")  # type: ignore[arg-type]
dlr(["messages"], filter=all_of(LANE, where("lan", "eq", "x")), last="7d")  # type: ignore[arg-type]
dlr(["messages"], having=LANE, last="7d")  # type: ignore[arg-type]
dlr(["messages"], order_by=[("message", "desc")], last="7d")  # type: ignore[list-item]
dlr(["messages"], granularity="days", last="7d")  # type: ignore[arg-type]
dlr(["messages"], lasts="7d")  # type: ignore[call-arg]
dlr(["messages"], filter=LANE, last="7d", order_by=["messages", ("lane", "desc"), "time"])


def use(client: Client) -> None:
    client.summary(granularity="day")  # type: ignore[arg-type]
    client.account_usage()  # type: ignore[call-arg]
    print(client.summary(last="7d").total_mesages)  # type: ignore[attr-defined]
    for row in client.rows(dlr(["messages"], last="7d")):
        print(row["mesages"])  # type: ignore[typeddict-item]
        print(row["messages"] + 1)

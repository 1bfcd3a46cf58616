"""What a type checker has to refuse: each line that is marked, and no other."""

from anlyt_client import Client, all_of, dlr, where

LANE = where("lane", "eq", "OTP")

dlr(["mesages"], last="7d")  # wrong
dlr(["messages"], ["currency"], last="7d")  # wrong
dlr(["messages"], filter=where("messages", "eq", 3), last="7d")  # wrong
dlr(["messages"], filter=all_of(LANE, where("lan", "eq", "x")), last="7d")  # wrong
dlr(["messages"], having=LANE, last="7d")  # wrong
dlr(["messages"], order_by=[("message", "desc")], last="7d")  # wrong
dlr(["messages"], granularity="days", last="7d")  # wrong
dlr(["messages"], lasts="7d")  # wrong
dlr(["messages"], filter=LANE, last="7d", order_by=["messages", ("lane", "desc"), "time"])


def use(client: Client) -> None:
    client.summary(granularity="day")  # wrong
    client.account_usage()  # wrong
    print(client.summary(last="7d").total_mesages)  # wrong
    for row in client.rows(dlr(["messages"], last="7d")):
        print(row["mesages"])  # wrong
        print(row["messages"] + 1)

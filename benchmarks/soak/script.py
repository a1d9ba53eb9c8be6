"""The script of a host: announces what its file of orders says, and prints without pause if that says so."""

import json
import sys
import time
from pathlib import Path

orders = Path(sys.argv[1])
said: set[str] = set()
while True:
    order = json.loads(orders.read_text())
    wanted = set(order["wanted"])
    for prefix in sorted(said - wanted):
        print("withdraw route", prefix, "next-hop self")
    for prefix in sorted(wanted - said):
        print("announce route", prefix, "next-hop self med 100")
    said = wanted
    if order["flood"]:
        for number in range(500):
            print(f"announce route {order['flood']} next-hop self med {number}")
            print("announce route 192.0.2.300/32 next-hop self")
            print("and now for something", number)
            print("a word to the log", number, file=sys.stderr)
        print("withdraw route", order["flood"], "next-hop self", flush=True)
    else:
        sys.stdout.flush()
        time.sleep(0.1)

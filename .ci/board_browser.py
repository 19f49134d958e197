"""Opens the page of an emulated board in a real browser."""

import html
import json
import re
import subprocess
import sys

from board_page import ask
from commands import need

BROWSER = "chromium --headless --no-sandbox --disable-gpu --virtual-time-budget=5000 --dump-dom"
TRIES = 10
CARD = r'<b>([^<]+)</b><output>([^<]+)</output><small>[^<]+</small><svg[^>]+><path d="M[^"]+">'


def check_browser(http: int, values: dict[str, str]) -> None:
    """Checks that the page shows a card for each series, and these values."""
    need("chromium")
    for _ in range(TRIES):
        command = [*BROWSER.split(), f"http://127.0.0.1:{http}/"]
        page = subprocess.run(command, capture_output=True, text=True).stdout
        cards = {html.unescape(key): value for key, value in re.findall(CARD, page)}
        keys = {series["key"] for series in json.loads(ask(http, "/v1/last")[2])["series"]}
        # The browser may have found no free worker, and tries again later than it is looked at.
        if cards.keys() == keys and cards.items() >= values.items() and f"{len(keys)} series, live" in page:
            return print(f"a browser shows {len(cards)} series", flush=True)
    sys.exit(f"a browser shows {cards}, and not {keys} with {values}:\n{page}")

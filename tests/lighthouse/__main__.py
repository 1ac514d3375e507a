"""Lighthouse's score of the demo shop's first page, with the snippet and without.

Exits with 1 where a score is below 100. Lighthouse comes from npm by its own lock file; the first
run installs it.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # where pytest finds the tests' modules, too

from callweave.snippet.build import installed_tools, run
from chromium import find_chromium

BINARIES = Path(sys.executable).parent
FORMS = {"phone": (), "desktop": ("--preset=desktop",)}
SCRIPTS = {"with": (), "without": ("--blocked-url-patterns=*callweave*.js",)}
FIGURES = ("largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift")


@contextmanager
def demo_shop() -> Iterator[str]:
    """The address of the shop's first page."""
    command = [str(BINARIES / "callweave"), "demo", "--calls", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout
        told = []
        for line in demo.stdout:
            told.append(line)
            if shop := re.search(r"shop +(http.+)", line):
                break
        else:
            sys.exit(f"The demo ended:\n{''.join(told)}")
        try:
            yield shop[1]
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(30)


def measured(shop: str, report: Path, *options: str) -> tuple[int, bool, list[str]]:
    """The score of 100, whether the snippet asked for a number, and what the score was made of."""
    run(
        "node",
        "node_modules/lighthouse/cli/index.js",
        shop,
        "--quiet",
        "--only-categories=performance",
        "--chrome-flags=--headless=new --no-sandbox",
        "--output=json",
        f"--output-path={report}",
        *options,
        within=installed_tools(Path(__file__).parent),
    )
    told = json.loads(report.read_text("utf-8"))
    asked = told["audits"]["network-requests"]["details"]["items"]
    shown = [told["audits"][name]["displayValue"].replace("\xa0", " ") for name in FIGURES]
    score = round(100 * told["categories"]["performance"]["score"])
    return score, any("/v1/visits" in request["url"] for request in asked), shown


def main() -> None:
    chromium = find_chromium()
    if not chromium:
        sys.exit("No Chromium here; CHROMIUM names one.")
    os.environ["CHROME_PATH"] = chromium
    scores = []
    with demo_shop() as shop, tempfile.TemporaryDirectory() as scratch:
        for form, screen in FORMS.items():
            for snippet, blocked in SCRIPTS.items():
                score, asked, shown = measured(shop, Path(scratch) / "it.json", *screen, *blocked)
                if asked is not (snippet == "with"):
                    sys.exit(f"{form}: this was to be {snippet} the snippet, and was not.")
                sys.stdout.write(
                    f"{form:8} {snippet:8} the snippet {score:4}   "
                    f"largest paint {shown[0]}, blocked {shown[1]}, layout shift {shown[2]}\n"
                )
                scores.append(score)
    sys.exit(min(scores) < 100)


if __name__ == "__main__":
    main()

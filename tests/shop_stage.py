"""The demo shop on a server of its own, with a carrier and a scripted phone side."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask, Response
from werkzeug.serving import make_server

from callweave.simulator.carrier import Account, Carrier, Scenario, numbers_at
from callweave.simulator.demo import load_demo
from callweave.simulator.people import AddressBook, Answers
from callweave.simulator.server import serve_carrier
from callweave.simulator.shop.blueprint import Explanation, ShopFront, shop_blueprint

LENT = "+442079460101"
ANA, BEN = "+441614960101", "+441614960102"

# Does at once what the snippet does after asking: shows the number that was lent.
SNIPPET = """
const lend = () => {
  const shown = document.querySelector("[data-callweave]");
  shown.textContent = "020 7946 0101";
  shown.href = "tel:+442079460101";
  window.callweave.forEach(([, , tell]) => tell({ assignment: "exclusive" }));
};
if (document.readyState === "complete") lend();
else addEventListener("load", lend);
"""
ANSWERS = {
    "ring": f'<Dial answerOnBridge="true" action="/voice/dialled"><Number url="/voice/whisper">'
    f"{ANA}</Number></Dial>",
    "whisper": "<Say>Call about a holiday in the Bahamas. New caller.</Say>",
    "dialled": "<Hangup/>",
}


@dataclass(frozen=True)
class ShopStage:
    url: str
    carrier: Carrier


def _app(carrier_url: str) -> Flask:
    demo = load_demo()
    app = Flask("shop stage")
    reasons, details = ("Ana has the best level in bahamas (9).",), ("Ben was free too.",)
    explanation = Explanation(reasons, "/calls/ca_1", details)
    front = ShopFront(
        "st_1", "main", demo.site.own_number, carrier_url, demo.names, lambda _: explanation
    )
    app.register_blueprint(shop_blueprint(front), url_prefix="/demo")

    @app.post("/voice/<kind>")
    def voice(kind: str) -> Response:
        twiml = f"<Response>{ANSWERS.get(kind, '<Hangup/>')}</Response>"
        return Response(twiml, content_type="text/xml")

    @app.get("/callweave.js")
    def snippet() -> Response:
        return Response(SNIPPET, content_type="text/javascript")

    return app


@contextmanager
def shop_stage() -> Iterator[ShopStage]:
    """The shop's port must be known before the carrier starts, and the other way round."""
    gate = Flask("gate")
    server = make_server("127.0.0.1", 0, gate, threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    people = AddressBook({ANA: Answers(4, 60), BEN: Answers(4, 60)})
    carrier = Carrier(
        Account("AC1", "token"), numbers_at(url, [LENT]), people, scenario=Scenario(pace=0.02)
    )
    running = serve_carrier(carrier, [url])
    server.app = _app(running.url)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield ShopStage(url, carrier)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        running.stop()

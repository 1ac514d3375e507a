import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import Application

from callweave.app import create_app, start_draining
from callweave.cli.context import settings
from callweave.settings import Settings

CONFIG = "config/gunicorn.py"
INSTALLED = Path(sys.prefix) / "share" / "callweave" / "gunicorn.py"


class Gunicorn(Application):
    """gunicorn with our file's options and, over them, those that come from the settings."""

    def __init__(
        self, make_app: Callable[[], Flask], config: Path, options: dict[str, Any]
    ) -> None:
        self._make_app = make_app
        self._config = config
        self._options = options
        super().__init__(prog="callweave")

    def load_config(self) -> None:
        self.load_config_from_file(str(self._config))
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self._make_app()


def run_web(settings: Settings, config: Path, make_app: Callable[[], Flask]) -> None:
    """Serves until it is told to stop."""
    bind = f"{settings.host}:{settings.port}"
    options = {
        "bind": bind,
        "workers": settings.web_concurrency,
        "loglevel": settings.log_level.lower(),
    }
    Gunicorn(make_app, config, options).run()


def usual_config() -> Path:
    """In a checkout or a container beside the code, after an installation where pip put it."""
    beside_code = Path(__file__).parents[3] / CONFIG
    found = next((p for p in (Path(CONFIG), beside_code, INSTALLED) if p.is_file()), None)
    if found is None:
        raise click.ClickException(f"no {CONFIG} here: name one with --config")
    return found


@click.command()
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"gunicorn's options; {CONFIG} if left out.",
)
def serve(config: Path | None) -> None:
    """Answer browsers, the carrier and people, under gunicorn."""
    chosen = settings()
    run_web(chosen, config or usual_config(), lambda: _serving_app(chosen))


def _serving_app(chosen: Settings) -> Flask:
    app = create_app(chosen)
    start_draining(app)
    return app

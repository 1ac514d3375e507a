"""What gunicorn loads: the settings of this process, and the application made from them."""

import os
from logging.config import dictConfig

from callweave.app import create_app, start_draining
from callweave.logs import logging_for
from callweave.settings import Settings

settings = Settings.from_env(os.environ)
dictConfig(logging_for(settings.log_level))
app = create_app(settings)
start_draining(app)

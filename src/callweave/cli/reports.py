import csv
import json
import sys
from datetime import date, timedelta

import click
from rich.table import Table
from sqlalchemy import select

from callweave.cli.context import console, database, now, one
from callweave.storage.accounts import Account

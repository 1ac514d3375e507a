"""Tables as files."""

from collections.abc import Iterable, Sequence

from flask import Response, request

from callweave.web.tables import Cell, csv_lines


def csv_download(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """Written while it is sent. ``bom=0`` in the address leaves out the byte order mark that Excel
    needs and some programs stumble over.
    """
    bom = request.args.get("bom") != "0"
    answer = Response(csv_lines(header, rows, bom=bom), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer

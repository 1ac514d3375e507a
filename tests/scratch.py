"""A folder for databases: in memory where there is room, which is ten times as fast."""

import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ROOMY = 2 << 30  # bytes; containers often have 64 MB of shared memory, which fills up at once


def scratch_folder() -> Path:
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOMY
    return Path(tempfile.mkdtemp(prefix="callweave-", dir=_MEMORY if roomy else None))

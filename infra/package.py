#!/usr/bin/env python3
"""Packages the functions as AWS Lambda takes them, and says how large each is and how long its cold start takes.

    python3 infra/package.py                         # all functions, for this machine's processor
    python3 infra/package.py --architecture arm64    # where Rust and a linker for it are installed
    python3 infra/package.py --no-build --runs 50    # measures what is built already

The packages are target/package/ARCHITECTURE/FUNCTION.zip, each with one file, `bootstrap`. Needs Python, Cargo and objdump, and
nothing else: `sam build` makes the same of the same sources by way of cargo-lambda.

The cold start is the time from the start of the process to its first request for an event, at a stand-in for Lambda's
own interface; what Lambda does before that (fetching the package, starting the sandbox) is not in it. Beside the functions stands
`minimal`, which does nothing but make the same clients as the SDK proposes. All take turns, so that whatever else the
machine does meanwhile slows all of them alike.

Ends with 1 when a function asks for a newer C library than provided.al2023 has, because it would not start there.
"""

import argparse
import http.server
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# The C library of Amazon Linux 2023: https://docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html
GLIBC = (2, 34)

# What we aim at, in bytes: small packages are fetched sooner.
LARGEST_ZIP = 4 * 1024 * 1024

MINIMAL = "minimal"


@dataclass(frozen=True)
class Target:
    """What a processor that Lambda has is called elsewhere."""

    rust: str
    # Needed where it is not this machine's own.
    c_compiler: str
    # The oldest one that functions run on, as cargo-lambda has it: https://www.cargo-lambda.info/guide/release-optimizations.html
    # What is there for older ones alone is left out then: on arm64, half a megabyte of tables for S3's checksums.
    oldest: str


TARGETS = {
    "x86_64": Target("x86_64-unknown-linux-gnu", "x86_64-linux-gnu-gcc", "haswell"),
    "arm64": Target("aarch64-unknown-linux-gnu", "aarch64-linux-gnu-gcc", "neoverse-n1"),
}
HERE = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())

# How long a process may take until it asks for an event. Far more than any takes on a busy machine.
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Build:
    """What is built, and for what."""

    architecture: str
    profile: str

    @property
    def target(self) -> Target:
        """The processor, in the words of those who build for it."""
        return TARGETS[self.architecture]

    @property
    def is_foreign(self) -> bool:
        """Whether it cannot run here."""
        return self.architecture != HERE

    @property
    def folder(self) -> Path:
        """Where Cargo puts it."""
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        profile = "debug" if self.profile == "dev" else self.profile
        return target / self.target.rust / profile

    def binary(self, name: str) -> Path:
        """The executable of a function, or of the one to compare with."""
        return self.folder / "examples" / "minimal_function" if name == MINIMAL else self.folder / name

    def run(self, functions: list[str]) -> None:
        """Builds them."""
        environment, target = dict(os.environ), self.target
        build = ["cargo", "build", "--locked", "--profile", self.profile, "--target", target.rust]
        build += ["--config", f'build.rustflags=["-C", "target-cpu={target.oldest}"]']
        if self.is_foreign:
            linker = f"CARGO_TARGET_{target.rust.upper().replace('-', '_')}_LINKER"
            environment |= {linker: target.c_compiler, f"CC_{target.rust.replace('-', '_')}": target.c_compiler}
        packages = [word for name in functions for word in ("--package", name)]
        # Twice, as an example is built in the place of its package's binary. In the folder where `sam build` does it, too, whose
        # .cargo/config.toml says what only these builds want.
        for what in (packages, ["--package", "reconciler", "--example", "minimal_function"]):
            subprocess.run(build + what, cwd=ROOT / "functions", env=environment, check=True)

    def missing(self) -> str | None:
        """What is not installed that a build for another processor needs."""
        target = self.target
        if not self.is_foreign:
            return None
        folder = subprocess.run(
            ["rustc", "--print", "target-libdir", "--target", target.rust], check=True, capture_output=True, text=True
        ).stdout.strip()
        if not Path(folder).is_dir():
            return f"Rust's standard library for it: rustup target add {target.rust}"
        return None if shutil.which(target.c_compiler) else f"a C compiler and linker for it: {target.c_compiler}"


def zipped(binary: Path, package: Path) -> int:
    """Makes the package of a binary, the same bytes for the same binary. Returns its size in bytes."""
    package.parent.mkdir(parents=True, exist_ok=True)
    entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
    entry.external_attr = 0o755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(package, "w", compresslevel=9) as archive:
        archive.writestr(entry, binary.read_bytes(), compresslevel=9)
    return package.stat().st_size


def needed_glibc(binary: Path) -> tuple[int, ...]:
    """The newest version of the C library whose symbols the binary asks for."""
    symbols = subprocess.run(["objdump", "-T", str(binary)], check=True, capture_output=True, text=True).stdout
    versions = [tuple(int(part) for part in found.split(".")) for found in re.findall(r"GLIBC_([0-9.]+)", symbols)]
    return max(versions, default=(0,))


class Lambda:
    """A stand-in for Lambda's own interface, which hears when a process asks for its first event.

    It never hands one out: a process that has asked is ended.
    """

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._at = 0.0
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.endswith("/runtime/invocation/next") and not stub._asked.is_set():
                    stub._at = time.perf_counter()
                    stub._asked.set()
                self.connection.settimeout(PATIENCE_SECONDS)
                try:
                    self.connection.recv(1)  # until the process is ended
                except OSError:
                    pass

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def cold_start(self, binary: Path) -> float:
        """Milliseconds from the start of the process to its first request for an event."""
        self._asked.clear()
        started = time.perf_counter()
        process = subprocess.Popen([str(binary)], env=self._environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            deadline = started + PATIENCE_SECONDS
            while not self._asked.wait(0.005):
                if process.poll() is not None:
                    raise RuntimeError(f"{binary} ended before it asked for an event: {process.stdout.read().decode()}")
                if time.perf_counter() > deadline:
                    raise RuntimeError(f"{binary} asked for no event in {PATIENCE_SECONDS} s")
            return (self._at - started) * 1000
        finally:
            process.kill()
            process.communicate()

    def _environment(self) -> dict[str, str]:
        """What Lambda sets, and what the template sets."""
        return {
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:%d" % self._server.server_address[1],
            "AWS_LAMBDA_FUNCTION_NAME": "usher",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_LAMBDA_LOG_LEVEL": "INFO",
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
            "AWS_SESSION_TOKEN": "nothing",
            "USHER_LANE": "https://sqs.eu-west-1.amazonaws.com/111122223333/usher.fifo",
            "USHER_RULES": "s3://rules/active/rules.yaml",
            "USHER_RULES_WRITTEN": "s3://rules/rules.yaml",
        }


def cold_starts(binaries: dict[str, Path], runs: int) -> dict[str, float]:
    """The median of each, in milliseconds. The first turn, which reads the binaries from the disk, does not count."""
    stub = Lambda()
    turns = [{name: stub.cold_start(binary) for name, binary in binaries.items()} for _ in range(runs + 1)]
    return {name: statistics.median(turn[name] for turn in turns[1:]) for name in binaries}


def main() -> int:
    """Builds, packages, measures, and prints a table."""
    every = sorted(path.parent.name for path in ROOT.glob("functions/*/Cargo.toml"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--architecture", choices=TARGETS, default=HERE)
    parser.add_argument("--function", choices=every, action="append", help="only this one; more than once")
    parser.add_argument("--profile", default="release", help="Cargo's profile")
    parser.add_argument("--runs", type=int, default=20, help="how many cold starts to take the median of")
    parser.add_argument("--no-build", action="store_true", help="take what is built already")
    arguments = parser.parse_args()
    functions = arguments.function or every
    build = Build(arguments.architecture, arguments.profile)
    if missing := build.missing():
        print(f"cannot build for {build.architecture} here; missing is {missing}", file=sys.stderr)
        return 1
    if not arguments.no_build:
        build.run(functions)

    binaries = {name: build.binary(name) for name in functions}
    if build.is_foreign:
        started = dict.fromkeys(functions)
    else:
        started = cold_starts(binaries | {MINIMAL: build.binary(MINIMAL)}, arguments.runs)
    print(f"{'function':<20}{'zip, KiB':>10}{'glibc':>8}{'cold start, ms':>16}")
    too_new = []
    for name, binary in binaries.items():
        size = zipped(binary, ROOT / "target" / "package" / build.architecture / f"{name}.zip")
        glibc = needed_glibc(binary)
        too_new += [name] if glibc > GLIBC else []
        notes = "  MORE THAN 4 MiB" if size > LARGEST_ZIP else ""
        milliseconds = "not here" if started[name] is None else f"{started[name]:.1f}"
        print(f"{name:<20}{size // 1024:>10}{'.'.join(map(str, glibc)):>8}{milliseconds:>16}{notes}")
    if MINIMAL in started:
        print(f"{MINIMAL:<20}{'':>10}{'':>8}{started[MINIMAL]:>16.1f}  the SDK's clients as it proposes them; not shipped")
    for name in too_new:
        print(f"{name} WILL NOT START: provided.al2023 has glibc {GLIBC[0]}.{GLIBC[1]}. Build on an older Linux, or with cargo-lambda.", file=sys.stderr)
    return 1 if too_new else 0


if __name__ == "__main__":
    sys.exit(main())

"""`infra/package.py`: that Lambda can start what it packages, and that it measures what it says."""

import os
import platform
import shutil
import stat
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from fake import Programs, says

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "infra"))

import package  # noqa: E402

FUNCTION = "account-events"
FOREIGN = "arm64" if platform.machine() == "x86_64" else "x86_64"
PATIENCE_SECONDS = 60

# A function that starts and asks for its first event, as all do in Lambda.
ASKS = f"""#!{sys.executable}
import http.client, os
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
connection.request("GET", "/2018-06-01/runtime/invocation/next")
connection.getresponse()
"""
DIES = "#!/bin/sh\necho the lane has no name >&2\nexit 3\n"
NEVER_ASKS = "#!/bin/sh\nexec sleep 600\n"


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_the_same_binary_makes_the_same_package(tmp_path: Path) -> None:
    first, second = (program(tmp_path / name / "built", ASKS) for name in ("a", "b"))
    second.chmod(0o700)
    os.utime(second, (0, 0))
    sizes = [package.zipped(binary, tmp_path / f"{binary.parent.name}.zip") for binary in (first, second)]
    packages = [(tmp_path / name).read_bytes() for name in ("a.zip", "b.zip")]
    assert packages[0] == packages[1]
    assert sizes == [len(each) for each in packages]


def test_lambda_can_start_what_is_packaged(tmp_path: Path) -> None:
    package.zipped(program(tmp_path / "built", ASKS), tmp_path / "function.zip")
    with zipfile.ZipFile(tmp_path / "function.zip") as archive:
        [entry] = archive.infolist()
        assert entry.filename == "bootstrap"
        assert stat.S_IMODE(entry.external_attr >> 16) == 0o755
        assert archive.read(entry).decode() == ASKS


def test_a_cold_start_ends_with_the_first_request_for_an_event(tmp_path: Path) -> None:
    started = package.Lambda().cold_start(program(tmp_path / "asks", ASKS))
    assert 0 < started < PATIENCE_SECONDS * 1000


def test_each_cold_start_is_measured_anew(tmp_path: Path) -> None:
    late = program(tmp_path / "late", ASKS.replace("import http", "import time; time.sleep(0.5)\nimport http"))
    binaries = {"late": late, "soon": program(tmp_path / "soon", ASKS)}
    started = package.cold_starts(binaries, 1)
    assert started["late"] > 500
    assert started.keys() == binaries.keys()


def test_a_function_that_dies_says_why(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="the lane has no name"):
        package.Lambda().cold_start(program(tmp_path / "dies", DIES))


def test_a_function_that_asks_for_nothing_is_given_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "PATIENCE_SECONDS", 0.2)
    with pytest.raises(RuntimeError, match="asked for no event"):
        package.Lambda().cold_start(program(tmp_path / "mute", NEVER_ASKS))


class Clone:
    """A clone of the repository in which the functions are built already, and a machine with the tools that a test names."""

    def __init__(self, folder: Path, binary: str) -> None:
        self.root = folder / "clone"
        program(self.root / "infra" / "package.py", (ROOT / "infra" / "package.py").read_text())
        (self.root / "functions" / FUNCTION).mkdir(parents=True)
        shutil.copy(ROOT / "functions" / FUNCTION / "Cargo.toml", self.root / "functions" / FUNCTION)
        built = self.root / "target" / package.TARGETS[package.HERE].rust / "release"
        program(built / FUNCTION, binary)
        program(built / "examples" / "minimal_function", ASKS)
        self.programs = Programs(folder / "bin")
        self.glibc("2.34")

    def glibc(self, version: str) -> None:
        """What the functions are linked with."""
        symbols = f"0000 DF *UND* 0000 (GLIBC_2.2.5) malloc\n0000 DF *UND* 0000 (GLIBC_{version}) dlsym\n"
        self.programs.put("objdump", [("-T", says(symbols))])

    def run(self, *words: str, builds: bool = False) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(self.root / "infra" / "package.py"), "--runs", "1", *words]
        command += [] if builds else ["--no-build"]
        return subprocess.run(
            command, env=self.programs.environment(), capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
        )

    def zip_of(self, architecture: str) -> Path:
        return self.root / "target" / "package" / architecture / f"{FUNCTION}.zip"


def test_it_says_how_large_and_how_quick_each_is(tmp_path: Path) -> None:
    clone = Clone(tmp_path, ASKS)
    done = clone.run()
    assert done.returncode == 0, done.stderr
    heading, function, minimal = (line.split() for line in done.stdout.splitlines())
    assert heading[0] == "function"
    assert function[0] == FUNCTION
    assert function[2] == "2.34"
    assert float(function[3]) > 0
    assert minimal[0] == "minimal"
    assert clone.zip_of(package.HERE).is_file()


def test_it_is_built_for_the_processor_that_sam_builds_for(tmp_path: Path) -> None:
    clone = Clone(tmp_path, ASKS)
    clone.programs.put("cargo", [("build", says(""))])
    done = clone.run(builds=True)
    assert done.returncode == 0, done.stderr
    target = package.TARGETS[package.HERE]
    for call in clone.programs.calls("cargo"):
        assert call[call.index("--target") + 1] == target.rust
        assert call[call.index("--config") + 1] == f'build.rustflags=["-C", "target-cpu={target.oldest}"]'
    assert len(clone.programs.calls("cargo")) == 2


def test_what_lambda_could_not_start_is_refused(tmp_path: Path) -> None:
    clone = Clone(tmp_path, ASKS)
    # As text 2.4 would be newer than 2.34.
    clone.glibc("2.4")
    assert clone.run().returncode == 0
    clone.glibc("2.35")
    done = clone.run()
    assert done.returncode == 1
    assert f"{FUNCTION} WILL NOT START" in done.stderr


def test_the_size_that_is_aimed_at_is_kept_an_eye_on(tmp_path: Path) -> None:
    small = Clone(tmp_path / "small", ASKS).run()
    assert "MORE THAN" not in small.stdout
    noise = os.urandom(3 * 1024 * 1024).hex()
    large = Clone(tmp_path / "large", f"{ASKS}# {noise}\n").run()
    assert large.returncode == 0, large.stderr
    assert "MORE THAN 4 MiB" not in large.stdout
    noise = os.urandom(5 * 1024 * 1024).hex()
    larger = Clone(tmp_path / "larger", f"{ASKS}# {noise}\n").run()
    assert "MORE THAN 4 MiB" in larger.stdout.splitlines()[1]


def test_what_a_build_for_another_processor_needs_is_named(tmp_path: Path) -> None:
    clone = Clone(tmp_path, ASKS)
    target = package.TARGETS[FOREIGN]
    clone.programs.put("rustc", [("--print target-libdir", says("/nowhere"))])
    done = clone.run("--architecture", FOREIGN)
    assert done.returncode == 1
    assert f"rustup target add {target.rust}" in done.stderr
    clone.programs.put("rustc", [("--print target-libdir", says(str(tmp_path)))])
    done = clone.run("--architecture", FOREIGN)
    assert done.returncode == 1
    assert target.c_compiler in done.stderr


def test_what_cannot_run_here_is_packaged_all_the_same(tmp_path: Path) -> None:
    clone = Clone(tmp_path, ASKS)
    target = package.TARGETS[FOREIGN]
    clone.programs.put("rustc", [("--print target-libdir", says(str(tmp_path)))])
    clone.programs.put(target.c_compiler, [])
    program(clone.root / "target" / target.rust / "release" / FUNCTION, DIES)
    done = clone.run("--architecture", FOREIGN)
    assert done.returncode == 0, done.stderr
    assert "not here" in done.stdout
    assert clone.zip_of(FOREIGN).is_file()


def test_cargo_lambda_is_left_nothing_to_choose() -> None:
    """`sam build` would have panics abort, which nothing that is built without it shows."""
    release = tomllib.loads((ROOT / "Cargo.toml").read_text())["profile"]["release"]
    chosen_by_cargo_lambda = {"codegen-units", "lto", "panic", "strip"}
    assert chosen_by_cargo_lambda <= release.keys()
    # A handler's panic is an error that the runtime reports.
    assert release["panic"] == "unwind"


CRATE = """[package]
name = "small"
version = "0.1.0"
edition = "2024"

[workspace]
"""
TELLS = """fn main() {
    println!("{}", option_env!("AWS_LC_SYS_NO_JITTER_ENTROPY").unwrap_or("not set"));
}
"""


def test_only_what_is_built_for_lambda_is_built_without_jitter(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "functions" / ".cargo", tmp_path / "functions" / ".cargo")
    told = {}
    for folder in ("functions/small", "cli"):
        crate = tmp_path / folder
        program(crate / "src" / "main.rs", TELLS)
        program(crate / "Cargo.toml", CRATE)
        environment = {name: value for name, value in os.environ.items() if "JITTER" not in name and name != "CARGO_TARGET_DIR"}
        run = ["cargo", "run", "--quiet", "--offline"]
        done = subprocess.run(run, cwd=crate, env=environment, capture_output=True, text=True, timeout=300, check=True)
        told[folder] = done.stdout.strip()
    assert told == {"functions/small": "1", "cli": "not set"}

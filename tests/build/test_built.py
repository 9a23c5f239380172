"""The result of `sam build` for Lambda's two processors and for this machine."""

from __future__ import annotations

import importlib.machinery
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from packaging import tags
from samtranslator.yaml_helper import yaml_parse

from tests.template.template import FUNCTION, ROOT, functions, resources

SAM = ROOT / ".environments" / "sam" / "bin" / "sam"
UNCHECKED_HASH = 0b01
#: The code of each processor in the header of a shared library.
MACHINES = {"x86_64": 62, "aarch64": 183}
GLIBC_OF_LAMBDA = 34
#: Bytes that a function may have unzipped with its layers, and the part that stays free.
LARGEST, MARGIN = 250 * 1024 * 1024, 0.1
#: Packages that a function outside the HTTP API must not import: they cost more than the rest of its start.
WEIGHTY = {"pydantic", "boto3"}
#: Sources of a function outside its own package.
BESIDE = {"PolicySimulationWorkerFunction": {"simulator"}}


@dataclass(frozen=True)
class Built:
    target: str
    folder: Path

    @property
    def packages(self) -> Path:
        return self.folder / "DependenciesLayer" / "python"

    @property
    def extension(self) -> str:
        if self.target == "host":
            return importlib.machinery.EXTENSION_SUFFIXES[0]
        return f".cpython-313-{self._machine}-linux-gnu.so"

    @property
    def machine(self) -> int:
        return MACHINES[os.uname().machine if self.target == "host" else self._machine]

    @property
    def wheels(self) -> set[str]:
        """The tags of wheels that can be installed."""
        if self.target == "host":
            return {str(tag) for tag in tags.sys_tags()}
        platforms = [f"manylinux_2_{minor}_{self._machine}" for minor in range(GLIBC_OF_LAMBDA, 4, -1)]
        platforms += [f"manylinux2014_{self._machine}"]
        native = tags.cpython_tags((3, 13), platforms=platforms)
        pure = tags.compatible_tags((3, 13), "cp313", platforms)
        return {str(tag) for tag in (*native, *pure)}

    @property
    def _machine(self) -> str:
        return {"x86_64": "x86_64", "arm64": "aarch64"}[self.target]


def on_one_worker(*targets: str) -> list[object]:
    return [pytest.param(target, marks=pytest.mark.xdist_group(f"build for {target}")) for target in targets]


@pytest.fixture(scope="module", params=on_one_worker("x86_64", "arm64", "host"))
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    folder = tmp_path_factory.mktemp(request.param) / "build"
    finished = sam("build", "--build-dir", str(folder), "--parallel", target=request.param)
    assert not finished.returncode, finished.stderr
    yield Built(request.param, folder)
    shutil.rmtree(folder)


def sam(*command: str, target: str = "x86_64") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TARGET": target, "SAM_CLI_TELEMETRY": "0"}
    return subprocess.run([str(SAM), *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


pytestmark = pytest.mark.build


def test_every_function_is_its_package_and_nothing_else(built: Built) -> None:
    for name, properties in functions().items():
        package, module, _ = properties["Handler"].split(".")
        beside = BESIDE.get(name, set())
        assert {path.name for path in (built.folder / name).iterdir()} == {package} | beside
        assert (built.folder / name / package / f"{module}.py").is_file()
        assert not (built.folder / name / package / "template.yaml").exists()


def test_the_built_template_points_at_what_was_built(built: Built) -> None:
    made = yaml_parse((built.folder / "template.yaml").read_text())["Resources"]
    for name in resources(FUNCTION):
        assert made[name]["Properties"]["CodeUri"] == name
    assert made["EeumLayer"]["Properties"]["ContentUri"] == "EeumLayer"
    assert made["DependenciesLayer"]["Properties"]["ContentUri"] == "DependenciesLayer"


def test_every_package_comes_from_a_wheel_that_the_target_can_load(built: Built) -> None:
    wheels = sorted(built.packages.glob("*.dist-info/WHEEL"))
    assert {wheel.parent.name.split("-")[0] for wheel in wheels} >= {
        "aws_lambda_powertools",
        "botocore",
        "pydantic_core",
    }
    for wheel in wheels:
        offered = set(re.findall(r"^Tag: (\S+)$", wheel.read_text(), re.MULTILINE))
        assert offered & built.wheels, f"{wheel.parent.name}: {offered}"


def test_every_library_is_for_the_targets_python_and_processor(built: Built) -> None:
    libraries = sorted(built.packages.rglob("*.so"))
    assert libraries
    for library in libraries:
        assert library.name.endswith(built.extension)
        header = library.read_bytes()[:20]
        assert header[:4] == b"\x7fELF"
        assert int.from_bytes(header[18:20], "little") == built.machine


def test_packages_are_exactly_those_that_are_pinned(built: Built) -> None:
    pinned = re.findall(
        r"^([a-z0-9-]+)==(\S+)", (ROOT / "layers/dependencies/requirements.txt").read_text(), re.MULTILINE
    )
    installed = {path.name.removesuffix(".dist-info") for path in built.packages.glob("*.dist-info")}
    assert installed == {f"{name.replace('-', '_')}-{version}" for name, version in pinned}


def test_botocore_knows_the_services_that_the_code_calls(built: Built) -> None:
    code = "".join(
        path.read_text() for folder in ("functions", "layers/eeum") for path in (ROOT / folder).rglob("*.py")
    )
    called = set(re.findall(r'aws_client\("([^"]+)"', code))
    described = {path.name for path in (built.packages / "botocore" / "data").iterdir() if path.is_dir()}
    assert called == described
    assert called == {path.name for path in (built.packages / "aws_descriptions").iterdir() if path.is_dir()}


def test_bytecode_is_taken_unseen_by_the_python_that_it_is_for(built: Built) -> None:
    compiled = sorted(built.folder.rglob("*.pyc"))
    names = {path.suffixes[-2] for path in compiled}
    for path in compiled:
        assert int.from_bytes(path.read_bytes()[4:8], "little") == UNCHECKED_HASH
    if built.target == "host":
        assert names == {f".{sys.implementation.cache_tag}"}
    elif _runs("python3.13"):
        assert names == {".cpython-313"}
    else:
        assert not names  # bytecode of another version would be useless
    if compiled:
        for source in built.folder.rglob("*.py"):
            assert len(list((source.parent / "__pycache__").glob(f"{source.stem}.*.pyc"))) == 1


def test_a_function_with_its_layers_is_smaller_than_lambda_takes(built: Built) -> None:
    """Unzipped, with room for bytecode. DuckDB and the solver are in different functions, and pyarrow is in none."""
    sizes = {path.name: size_of(path) for path in built.folder.iterdir() if path.is_dir()}
    for name, properties in functions().items():
        layers = [layer["Ref"] for layer in properties["Layers"]]
        assert sum(sizes[part] for part in (name, *layers)) <= LARGEST * (1 - MARGIN), name
        packages = {path.name for layer in layers for path in (built.folder / layer / "python").iterdir()}
        assert "pyarrow" not in packages
        assert not {"duckdb", "scipy"} <= packages, name


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_nothing_that_was_built_names_a_place_on_this_machine(built: Built) -> None:
    for path in built.folder.rglob("*"):
        if path.suffix in {".pyc", ".py", ".yaml"}:
            assert str(ROOT).encode() not in path.read_bytes(), path


@pytest.mark.xdist_group("build for host")
@pytest.mark.parametrize("built", ["host"], indirect=True)
@pytest.mark.parametrize("function", sorted(functions()))
def test_a_function_starts_from_what_was_built_alone(built: Built, function: str) -> None:
    properties = functions()[function]
    module = properties["Handler"].rpartition(".")[0]
    own = [f"{layer['Ref']}/python" for layer in properties["Layers"] if "Ref" in layer]
    parts = dict.fromkeys((function, "EeumLayer/python", "DependenciesLayer/python", *own))
    path = [str(built.folder / part) for part in parts]
    program = f"import sys; sys.path[:0] = {path!r}\nimport {module}\nprint(*sorted(sys.modules))"
    given = properties["Environment"]["Variables"]
    # As CloudFormation sets them: a variable of NoValue is missing, also where a condition may set it; any other reference has some value.
    set_ones = {name: value for name, value in given.items() if not _may_be_missing(value)}
    variables = {name: value if isinstance(value, str) else "0" for name, value in set_ones.items()}
    variables["AWS_DEFAULT_REGION"] = "ap-northeast-2"
    # Isolated, and without the environment's packages, so that a package that the build lacks is missing here too.
    finished = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], env=variables, capture_output=True, text=True, check=False
    )
    assert not finished.returncode, finished.stderr
    imported = {name.partition(".")[0] for name in finished.stdout.split()}
    assert "boto3" not in imported
    # A simulation takes minutes, and DuckDB outweighs them.
    if "SnapStart" not in properties and function not in BESIDE:
        assert not WEIGHTY & imported


def _may_be_missing(value: Any) -> bool:
    nothing = {"Ref": "AWS::NoValue"}
    return value == nothing or (isinstance(value, dict) and nothing in value.get("Fn::If", ()))


def test_the_template_is_valid_and_its_linter_finds_nothing() -> None:
    finished = sam("validate", "--lint")
    assert not finished.returncode, finished.stdout + finished.stderr


def test_an_unknown_target_is_refused_in_one_sentence() -> None:
    environment = {**os.environ, "TARGET": "sparc"}
    command = ["make", "--silent", "-C", "layers/dependencies", "build-DependenciesLayer"]
    finished = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert finished.stderr.splitlines()[0] == "TARGET is sparc: it must be x86_64, arm64 or host."


def _runs(python: str) -> bool:
    return not subprocess.run(["sh", "-c", f"{python} -c ''"], capture_output=True, check=False).returncode

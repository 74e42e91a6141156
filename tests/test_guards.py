"""What holds for the package as a whole."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import audiograph
import audiograph.nodes
from audiograph import AudioContext, AudioNode, BaseAudioContext, api

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "audiograph"

# What the project holds at its top; what begins with a dot may be there as well.
TOP = {
    "audiograph", "man", "tests", "CHANGELOG.md", "LICENSE", "README.md", "pyproject.toml",
}  # fmt: skip

FACTORIES = {
    BaseAudioContext: {
        "create_analyser": "",
        "create_biquad_filter": "",
        "create_buffer": "number_of_channels, length, sample_rate",
        "create_buffer_source": "",
        "create_channel_merger": "number_of_inputs=6",
        "create_channel_splitter": "number_of_outputs=6",
        "create_constant_source": "",
        "create_convolver": "",
        "create_delay": "max_delay_time=1.0",
        "create_dynamics_compressor": "",
        "create_gain": "",
        "create_iir_filter": "feedforward, feedback",
        "create_oscillator": "",
        "create_panner": "",
        "create_periodic_wave": "real, imag, disable_normalization=False",
        "create_script_processor": "buffer_size=0, number_of_input_channels=2, "
        "number_of_output_channels=2",
        "create_stereo_panner": "",
        "create_wave_shaper": "",
    },
    AudioContext: {
        "create_media_element_source": "media_element",
        "create_media_stream_destination": "",
        "create_media_stream_source": "media_stream",
        "create_media_stream_track_source": "media_stream_track",
    },
}
"""The specification's factory methods and their parameters."""


def node_classes() -> list[type]:
    """Return the public node classes of every module in `audiograph.nodes`."""
    modules = [
        importlib.import_module(f"audiograph.nodes.{found.name}")
        for found in pkgutil.iter_modules(audiograph.nodes.__path__)
    ]
    return [
        value
        for module in modules
        for name, value in vars(module).items()
        if inspect.isclass(value)
        and issubclass(value, AudioNode)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    ]


def test_all_is_sorted_and_names_everything_that_the_api_has() -> None:
    public = {
        name
        for name, value in vars(api).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert list(audiograph.__all__) == sorted(public)


@pytest.mark.parametrize("name", api.__all__)
def test_a_public_name_is_the_api_s_and_is_documented(name: str) -> None:
    value = getattr(audiograph, name)
    assert value is getattr(api, name)
    assert name in dir(audiograph)
    assert inspect.getdoc(value)


def test_a_star_import_gives_what_all_names() -> None:
    names: dict[str, object] = {}
    exec("from audiograph import *", names)
    assert names.keys() - {"__builtins__"} == set(audiograph.__all__)


def test_what_is_not_there_is_an_attribute_error() -> None:
    for name in ("Nothing", "_nothing", "__nothing__"):
        with pytest.raises(AttributeError, match=f"no attribute '{name}'"):
            getattr(audiograph, name)


def test_every_module_in_nodes_has_a_node() -> None:
    modules = {found.name for found in pkgutil.iter_modules(audiograph.nodes.__path__)}
    assert {cls.__module__.rpartition(".")[2] for cls in node_classes()} == modules


@pytest.mark.parametrize("node", node_classes(), ids=lambda cls: cls.__name__)
def test_every_node_is_exported_with_its_options(node: type) -> None:
    assert getattr(audiograph, node.__name__) is node
    options = node.__name__.removesuffix("Node") + "Options"
    module = sys.modules[node.__module__]
    if hasattr(module, options):
        assert getattr(audiograph, options) is getattr(module, options)


@pytest.mark.parametrize(
    ("cls", "method", "parameters"),
    [(cls, *each) for cls, methods in FACTORIES.items() for each in methods.items()],
)
def test_a_factory_method_takes_what_the_specification_says(
    cls: type, method: str, parameters: str
) -> None:
    assert method in vars(cls)
    signature = inspect.signature(getattr(cls, method))
    told = [
        parameter.name
        if parameter.default is inspect.Parameter.empty
        else f"{parameter.name}={parameter.default!r}"
        for parameter in list(signature.parameters.values())[1:]
    ]
    assert ", ".join(told) == parameters


def test_no_factory_method_is_missing_from_the_list() -> None:
    for cls, methods in FACTORIES.items():
        assert {name for name in vars(cls) if name.startswith("create_")} == methods.keys()


@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        ("import audiograph", {"numpy", "sounddevice", "soundfile", "rich", "soxr", "click"}),
        (
            "import sys, contextlib\nfrom audiograph.cli import main\nsys.argv[1:] = ['--help']\n"
            "with contextlib.suppress(SystemExit):\n    main()",
            {"numpy", "sounddevice", "soundfile", "rich", "soxr", "audiograph.api"},
        ),
        ("import audiograph.api", {"sounddevice", "soundfile", "soxr", "rich", "click"}),
    ],
    ids=["import audiograph", "audiograph --help", "import audiograph.api"],
)
def test_what_starts_fast_imports_little(statement: str, unwanted: set[str]) -> None:
    script = f"{statement}\nimport sys\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert unwanted & set(done.stderr.split()) == set()


def imports(path: Path) -> set[str]:
    """Return the names of the packages that a module imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").partition(".")[0])
    return found


def test_sounddevice_is_imported_by_portaudio_alone() -> None:
    importing = {path for path in PACKAGE.rglob("*.py") if "sounddevice" in imports(path)}
    assert importing
    assert {path for path in importing if PACKAGE / "portaudio" not in path.parents} == set()


def test_nothing_lies_around_at_the_top() -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("git tells what belongs to the project")
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    names = {name.partition("/")[0] for name in done.stdout.splitlines()}
    assert {name for name in names if not name.startswith(".")} <= TOP


def test_imports_point_down() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    program = str(linter) if linter.exists() else shutil.which("lint-imports")
    if program is None:
        pytest.skip("import-linter is not installed")
    done = subprocess.run(
        [program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout

"""Generates the stubs of seedance/gateway/v1 during the build, as `seedance_gateway.v1`.

In a checkout the protos and the version come from the root of the tree; the sdist carries copies of them in `tree/`.
"""

import re
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).resolve().parent
TREE = HERE / "tree" if (HERE / "tree").exists() else HERE.parents[1]
PROTOS = "proto/seedance/gateway/v1"
VERSIONED = "CMakeLists.txt"  # The version is that of the CMake project.


def version() -> str:
    found = re.search(r"^project\(\S+ VERSION ([\d.]+)", (TREE / VERSIONED).read_text(), re.M)
    if not found:
        raise SystemExit(f"{TREE / VERSIONED}: no version of the project")
    return found.group(1)


def generate(folder: Path) -> None:
    """Writes the stubs into `folder`, a package named seedance_gateway.v1.

    Descriptors keep the name seedance.gateway.v1, so that they agree with any other copy in the process.
    """
    import grpc_tools.protoc

    scratch = folder / "generating"
    scratch.mkdir(parents=True, exist_ok=True)
    includes = [f"-I{TREE / 'proto'}", f"-I{Path(grpc_tools.protoc.__file__).parent / '_proto'}"]
    kinds = [f"--{kind}_out={scratch}" for kind in ("python", "pyi", "grpc_python")]
    protos = [str(path) for path in sorted((TREE / PROTOS).glob("*.proto"))]
    if grpc_tools.protoc.main(["protoc", *includes, *kinds, *protos]):
        raise SystemExit("protoc failed")
    for path in (scratch / "seedance/gateway/v1").iterdir():
        text = re.sub(r"^from seedance\.gateway\.v1 ", "from seedance_gateway.v1 ", path.read_text(), flags=re.M)
        text = text.replace("(DESCRIPTOR, 'seedance.gateway.v1.", "(DESCRIPTOR, 'seedance_gateway.v1.")
        (folder / path.name).write_text(text)
    shutil.rmtree(scratch)


class BuildWithStubs(build_py):
    def run(self) -> None:
        super().run()
        base = HERE / "src" if self.editable_mode else Path(self.build_lib)
        generate(base / "seedance_gateway/v1")


class SdistWithProtos(sdist):
    def make_release_tree(self, base_dir: str, files: "list[str]") -> None:
        super().make_release_tree(base_dir, files)
        target = Path(base_dir) / "tree"
        shutil.copytree(TREE / PROTOS, target / PROTOS, dirs_exist_ok=True, ignore=lambda _, names: [
            name for name in names if not name.endswith(".proto")])
        shutil.copy(TREE / VERSIONED, target / VERSIONED)


setup(version=version(), cmdclass={"build_py": BuildWithStubs, "sdist": SdistWithProtos})

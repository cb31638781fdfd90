"""Where a PX4 comes from: a folder of a build, the ``px4`` package, or the container, each by its command lines.

``PX4_SITL`` decides: a folder with ``bin/px4`` and ``etc/``; ``docker`` for the published image; ``docker:<image>``
for another one. When it is not set, the ``px4`` package is looked for. The container runs in the host's network, so
that ports and addresses are the same as without it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

IMAGE = "px4io/px4-sitl:v1.17.0"  # docs.px4.io, simulation/px4_sitl_prebuilt_packages
IMAGE_PREFIX = "/opt/px4"  # inside the image: PX4's Tools/packaging/containers/Dockerfile.sih
PACKAGE = "px4"  # name of the .deb, same page
VARIABLE = "PX4_SITL"
ENGINE = "docker"
LOOK_UP_S = 10.0  # dpkg answers in a few milliseconds


class NoPx4Error(Exception):
    """There is no PX4 to start; the message says what was looked for and what to do."""


class Px4Source(Protocol):
    """A PX4 that can be started."""

    @property
    def described(self) -> str:
        """What it is, for the record of a run."""

    def start_command(
        self, instance: int, folder: Path, environment: Mapping[str, str], name: str
    ) -> tuple[list[str], dict[str, str]]:
        """Command line and environment that start an instance in a working folder."""

    def tool_command(self, tool: str, instance: int, arguments: Sequence[str], name: str) -> list[str]:
        """Command line of a PX4 shell command for a running instance, e.g. ``param``."""

    def remove_command(self, name: str) -> list[str] | None:
        """What surely removes what the start left behind; None where killing the process is enough."""


@dataclass(frozen=True, slots=True)
class Build:
    """A folder with ``bin/px4`` and ``etc/``: a build of one's own, or what the package installs."""

    folder: Path
    described: str

    def start_command(
        self,
        instance: int,
        folder: Path,
        environment: Mapping[str, str],
        name: str,  # noqa: ARG002  # a process needs none
    ) -> tuple[list[str], dict[str, str]]:
        """See :class:`Px4Source`; what else this process's environment tells PX4 is left out."""
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("PX4_")}
        command = [str(self.folder / "bin" / "px4"), "-d", "-i", str(instance), "-w", str(folder)]
        return [*command, str(self.folder / "etc")], {**inherited, **environment}

    def tool_command(
        self,
        tool: str,
        instance: int,
        arguments: Sequence[str],
        name: str,  # noqa: ARG002  # a process needs none
    ) -> list[str]:
        """See :class:`Px4Source`."""
        return [str(self.folder / "bin" / f"px4-{tool}"), "--instance", str(instance), *arguments]

    def remove_command(self, name: str) -> list[str] | None:
        """Nothing stays when the process has ended."""


@dataclass(frozen=True, slots=True)
class Container:
    """The published image, run in the host's network with the working folder at the same path inside."""

    image: str = IMAGE
    engine: str = ENGINE

    @property
    def described(self) -> str:
        """What it is, for the record of a run."""
        return f"container {self.image}"

    def start_command(
        self, instance: int, folder: Path, environment: Mapping[str, str], name: str
    ) -> tuple[list[str], dict[str, str]]:
        """See :class:`Px4Source`; ``--init`` so that SIGTERM reaches PX4 through the image's shell."""
        variables = [word for key in sorted(environment) for word in ("--env", f"{key}={environment[key]}")]
        command = [self.engine, "run", "--rm", "--init", "--name", name, "--network", "host"]
        command += ["--user", f"{os.getuid()}:{os.getgid()}", "--volume", f"{folder}:{folder}", *variables, self.image]
        return [*command, "-d", "-i", str(instance), "-w", str(folder), f"{IMAGE_PREFIX}/etc"], dict(os.environ)

    def tool_command(self, tool: str, instance: int, arguments: Sequence[str], name: str) -> list[str]:
        """See :class:`Px4Source`."""
        command = [self.engine, "exec", name, f"{IMAGE_PREFIX}/bin/px4-{tool}"]
        return [*command, "--instance", str(instance), *arguments]

    def remove_command(self, name: str) -> list[str] | None:
        """A container outlives the command that started it."""
        return [self.engine, "rm", "--force", name]


def find_px4(environment: Mapping[str, str] | None = None) -> Px4Source:
    """The PX4 that ``PX4_SITL`` names, or else the installed package.

    Raises
    ------
    NoPx4Error
        When there is none.
    """
    environment = os.environ if environment is None else environment
    wish = environment.get(VARIABLE, "")
    if wish == ENGINE or wish.startswith(f"{ENGINE}:"):
        return _container(wish.partition(":")[2] or IMAGE, environment)
    if wish:
        return _build(Path(wish), f"build at {wish}", f"{VARIABLE}={wish}")
    return _package(environment)


def _build(folder: Path, described: str, asked: str) -> Build:
    missing = [part for part in ("bin/px4", "etc/init.d-posix/rcS") if not (folder / part).is_file()]
    if missing:
        raise NoPx4Error(
            f"{asked}: {' and '.join(missing)} not there. Give a folder of a PX4 SITL build "
            "(build/px4_sitl_default of a source tree), or docker."
        )
    return Build(folder.resolve(), described)


def _container(image: str, environment: Mapping[str, str]) -> Container:
    engine = shutil.which(ENGINE, path=environment.get("PATH"))
    if engine is None:
        raise NoPx4Error(f"{VARIABLE} asks for the container {image}, and no {ENGINE} is on PATH. Install an engine.")
    return Container(image, engine)


def _package(environment: Mapping[str, str]) -> Build:
    """Where the package put its binary, by dpkg; else a ``px4`` on PATH that belongs to such a folder."""
    path = environment.get("PATH")
    for line in _files_of_package(path):
        if line.endswith("/bin/px4"):
            return _build(Path(line).resolve().parent.parent, f"package {PACKAGE}", f"package {PACKAGE}")
    on_path = shutil.which("px4", path=path)
    if on_path is not None:
        return _build(Path(on_path).resolve().parent.parent, f"px4 on PATH ({on_path})", f"{on_path} on PATH")
    raise NoPx4Error(
        f"{VARIABLE} is not set and no package {PACKAGE} is installed. Set {VARIABLE} to a folder with bin/px4 and "
        "etc/, or to docker (docs/px4.md)."
    )


def _files_of_package(path: str | None) -> list[str]:
    dpkg = shutil.which("dpkg", path=path)
    if dpkg is None:
        return []
    listed = subprocess.run([dpkg, "-L", PACKAGE], capture_output=True, text=True, timeout=LOOK_UP_S, check=False)
    return listed.stdout.splitlines() if listed.returncode == 0 else []

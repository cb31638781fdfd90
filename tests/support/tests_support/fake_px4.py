"""A folder that looks like a PX4 build: its ``bin/px4`` locks, writes and ends as the real one, and flies nothing."""

import os
import stat
import sys
from pathlib import Path

PX4 = """#!{python}
import fcntl, json, os, pathlib, signal, sys, time
instance = sys.argv[sys.argv.index("-i") + 1]
folder = pathlib.Path(sys.argv[sys.argv.index("-w") + 1])
told = {{key: value for key, value in os.environ.items() if key.startswith("PX4_")}}
(folder / "told.json").write_text(json.dumps({{"arguments": sys.argv[1:], "environment": told}}))
print("INFO  [px4] instance:", instance, flush=True)
if told.get("PX4_SIM_MODEL") == "broken":
    print("ERROR [init] no such model", flush=True)
    sys.exit(3)
lock = open("/tmp/px4_lock-" + instance, "w")
fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
if told.get("PX4_SIM_MODEL") == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if told.get("PX4_SIM_MODEL") != "slow":
    print("INFO  [px4] Startup script returned successfully", flush=True)
while True:
    time.sleep(0.05)
"""
TOOL = """#!{python}
import pathlib, sys
name = pathlib.Path(sys.argv[0]).name
with open("tools.log", "a") as file:
    print(name, *sys.argv[1:], file=file)
if name == "px4-ver":
    print("PX4 git-hash: abc\\nPX4 version: Release 9.9.9 (0)")
if "refused" in sys.argv:
    sys.exit("no such parameter")
"""
DOCKER = '''#!{python}
"""A container engine that checks what it is told and then runs the build of this machine in the image's place."""
import os, pathlib, signal, subprocess, sys
words, build, state = sys.argv[1:], "{build}", pathlib.Path("{state}")
with open(state / "docker.log", "a") as log:
    print(*words, file=log)
verb = words.pop(0)
if verb == "run":
    options, environment = {{}}, {{}}
    while words[0].startswith("--"):
        option = words.pop(0)
        if option in ("--rm", "--init"):
            continue
        value = words.pop(0)
        if option == "--env":
            key, _, environment[key] = value.partition("=")
        options[option] = value
    image = words.pop(0)
    assert options["--network"] == "host" and image.startswith("px4io/px4-sitl"), (options, image)
    assert words[-1] == "/opt/px4/etc" and words[0] == "-d", words
    work = words[words.index("-w") + 1]
    assert options["--volume"] == work + ":" + work, options
    process = subprocess.Popen(
        [build + "/bin/px4", *words[:-1], build + "/etc"], env={{**os.environ, **environment}}, start_new_session=True
    )
    (state / options["--name"]).write_text(str(process.pid))
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    sys.exit(process.wait())
container = state / words.pop(0 if verb == "exec" else 1)
if verb == "exec":
    tool = words.pop(0)
    assert tool.startswith("/opt/px4/bin/px4-"), tool
    sys.exit(subprocess.run([build + "/bin/" + tool.rpartition("/")[2], *words]).returncode)
assert verb == "rm", verb
try:
    os.kill(int(container.read_text()), signal.SIGKILL)
except ProcessLookupError:
    pass
'''


def write_program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def fake_build(folder: Path) -> Path:
    """A build in a folder; returns the folder."""
    write_program(folder / "bin" / "px4", PX4.format(python=sys.executable))
    for tool in ("ver", "param"):
        write_program(folder / "bin" / f"px4-{tool}", TOOL.format(python=sys.executable))
    (folder / "etc" / "init.d-posix").mkdir(parents=True)
    (folder / "etc" / "init.d-posix" / "rcS").touch()
    return folder


def fake_docker(folder: Path, build: Path) -> Path:
    """A ``docker`` in a folder for PATH, which runs a build; returns its log of command lines."""
    write_program(folder / "docker", DOCKER.format(python=sys.executable, build=build, state=folder))
    return folder / "docker.log"


def lives(process: int) -> bool:
    """Whether a process runs (one that ended and waits for its parent does not)."""
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

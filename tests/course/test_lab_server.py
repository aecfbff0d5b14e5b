"""JupyterLab started for real: it answers, keeps to this machine, and stops without questions."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.course.server import ADDRESS, answers, arguments, find_running, free_port
from labkit.errors import InputError, MachineError

COMMAND = [sys.executable, "-m", "labkit.cli", "lab"]
SETTINGS = "lab/api/settings/@jupyterlab/apputils-extension:notification"


class Lab:
    """`labkit lab` in a process of its own, ready."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [*COMMAND, str(folder), "--no-browser", "--port", "0", "--lang", "en"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env=os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"},
        )
        assert self.process.stdout is not None
        self.said = ""
        found = None
        for line in self.process.stdout:
            self.said += line
            if found := re.search(r"(http://\S+?/)lab/tree/start\.md\?token=(\w+)", line):
                break
        assert found, self.said
        self.url, self.token = found.groups()

    def get(self, path: str) -> dict[str, object]:
        request = urllib.request.Request(
            self.url + path, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=20) as reply:
            content: dict[str, object] = json.load(reply)
            return content


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(tmp_path_factory.mktemp("labs") / "lab")
    yield lab
    lab.process.kill()
    lab.process.wait()


def test_the_server_answers_only_with_the_token(lab: Lab) -> None:
    assert answers(lab.url, lab.token)
    assert not answers(lab.url, "guess")


def test_it_serves_the_lab_folder_and_hides_what_is_the_kits(lab: Lab) -> None:
    content = lab.get("api/contents/")["content"]
    assert isinstance(content, list)
    assert {entry["name"] for entry in content} >= {"start.md", "lessons", "exercises"}
    assert ".labkit" not in {entry["name"] for entry in content}


def test_news_and_update_checks_are_off(lab: Lab) -> None:
    settings = lab.get(SETTINGS)["schema"]
    assert isinstance(settings, dict)
    properties = settings["properties"]
    assert properties["fetchNews"]["default"] == "false"
    assert properties["checkForUpdates"]["default"] is False


def test_the_page_loads_the_start_extension_and_no_extension_manager(lab: Lab) -> None:
    with urllib.request.urlopen(f"{lab.url}lab?token={lab.token}", timeout=20) as reply:
        html = reply.read().decode()
    config = json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)<', html, re.S)[1])  # type: ignore[index]
    assert "labkit-start" in {extension["name"] for extension in config["federated_extensions"]}
    assert "@jupyterlab/extensionmanager-extension" in config["disabledExtensions"]


def test_the_users_own_jupyter_is_left_alone(lab: Lab) -> None:
    jupyter = lab.folder / ".labkit" / "jupyter"
    assert (jupyter / "app" / "overrides.json").is_file()
    assert all(
        argument.split("=", 1)[1].startswith(str(lab.folder))
        for argument in arguments(lab.folder, 0)
        if argument.split("=")[0].endswith(("settings_dir", "workspaces_dir"))
    )


def test_a_second_lab_here_gives_the_address_of_the_first(lab: Lab) -> None:
    assert find_running(lab.folder) is not None
    second = subprocess.run(
        [*COMMAND, str(lab.folder), "--no-browser"], capture_output=True, text=True, timeout=60
    )
    assert (second.returncode, lab.token in second.stdout) == (0, True)


def test_a_port_that_is_taken_is_named(lab: Lab) -> None:
    port = int(re.search(r":(\d+)/", lab.url)[1])  # type: ignore[index]
    with pytest.raises(MachineError, match=str(port)):
        free_port(port)


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a POSIX signal")
def test_ctrl_c_stops_it_without_a_question(lab: Lab) -> None:
    lab.process.send_signal(signal.SIGINT)
    rest = lab.process.communicate(timeout=60)[0]
    assert lab.process.returncode == 0
    assert f"your progress, is in {lab.folder}" in rest
    assert "y/" not in rest
    assert find_running(lab.folder) is None


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_does_not_exist(port: int) -> None:
    with pytest.raises(InputError, match=str(port)):
        free_port(port)


def test_a_free_port_can_be_had_and_the_first_is_passed_over_when_taken() -> None:
    with socket.create_server((ADDRESS, 0)) as taken:
        assert free_port(0) != taken.getsockname()[1]
    assert free_port() >= 1024

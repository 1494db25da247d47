"""The container file, read with a few rules of our own: no engine may be at hand to try it."""

from __future__ import annotations

import re

from tests.architecture.tree import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def instructions() -> list[tuple[str, str]]:
    """(INSTRUCTION, arguments), continued lines joined, comments gone."""
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines]


def arguments(instruction: str) -> list[str]:
    return [rest for name, rest in instructions() if name == instruction]


def test_the_base_image_is_slim_and_pinned_to_a_python_we_support() -> None:
    (base,) = arguments("FROM")
    found = re.fullmatch(r"python:3\.(\d+)-slim", base)
    assert found and int(found.group(1)) >= 11


def test_it_installs_with_the_readmes_own_words() -> None:
    (run,) = [line for line in README.splitlines() if ".venv/bin/talkreel generate" in line]
    install = run.partition(" && .venv/bin/talkreel")[0]
    assert install in arguments("RUN")


def test_it_runs_as_a_user_without_rights_from_the_volume_on() -> None:
    names = [name for name, _ in instructions()]
    assert arguments("USER") == ["talkreel"]
    assert names.index("RUN") < names.index("USER") < names.index("ENTRYPOINT")
    assert "RUN" not in names[names.index("USER") :]
    assert any("useradd" in run and "--uid" in run for run in arguments("RUN"))


def test_everything_it_keeps_is_in_one_volume() -> None:
    (volume,) = arguments("VOLUME")
    assert f"TALKREEL_DATA_DIR={volume}" in " ".join(arguments("ENV"))
    assert any("--owner=talkreel" in run and volume in run for run in arguments("RUN"))


def test_it_copies_and_never_adds_and_takes_no_secrets() -> None:
    assert arguments("ADD") == []
    assert all(not source.startswith(".") for copy in arguments("COPY") for source in copy.split()[:-1])
    everything = " ".join(rest for _, rest in instructions()).upper()
    assert not re.search(r"(TOKEN|SECRET|PASSWORD|_KEY)=", everything)


def test_what_it_copies_is_let_through_and_exists() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert ignored[0] == "*"
    for copy in arguments("COPY"):
        for source in copy.split()[:-1]:
            assert f"!{source}" in ignored
            assert (ROOT / source).exists()


def test_it_starts_without_a_shell_and_can_tell_how_it_is() -> None:
    for name in ("ENTRYPOINT", "CMD"):
        (form,) = arguments(name)
        assert form.startswith("[")
    (health,) = arguments("HEALTHCHECK")
    assert '"doctor"' in health and "--timeout" in health


def test_it_leaves_no_package_cache_and_installs_no_system_packages() -> None:
    assert "PIP_NO_CACHE_DIR=1" in " ".join(arguments("ENV"))
    assert not any("apt-get" in run for run in arguments("RUN"))

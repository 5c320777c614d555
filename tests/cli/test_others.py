"""`ts discover`, `ts rules`, `ts doctor`, `ts init` and `ts --version`, run as the installed command."""

from __future__ import annotations

import os
import stat

import pytest

from router import __version__
from tests.command import Shell


def test_discover_lists_tools_and_keeps_them(project: Shell) -> None:
    done = project.ts("discover")

    assert done.code == 0
    assert done.out.splitlines() == [
        "mcp:echo  echo 1  (protocol 2025-06-18, 3 tools)",
        "  echo     Say a text again. Nothing else.",
        "  picture  Return a picture.",
        "  slow     Never answer.",
    ]
    project.write({"ts.toml": (project.directory / "ts.toml").read_text() + "retries = 0\n"})
    told = project.ts("discover", "echo", "--json").json
    assert [tool["use"] for tool in told["offers"][0]["tools"]] == [
        "mcp:echo/echo", "mcp:echo/picture", "mcp:echo/slow",
    ]  # fmt: skip


@pytest.mark.slow
def test_discover_asks_again_when_the_catalogue_is_old(project: Shell) -> None:
    project.ts("discover")
    (kept,) = (project.home / ".ts" / "catalogue").glob("*.json")
    settings = (project.directory / "ts.toml").read_text()
    project.write({"ts.toml": settings.replace("timeout = 60", "timeout = 0.001")})

    known = project.ts("discover")
    os.utime(kept, (1000, 1000))
    old = project.ts("discover")
    settings = (project.directory / "ts.toml").read_text()
    project.write({"ts.toml": f"{settings}\n[catalogue]\nhours = 1e9\n"})
    patient = project.ts("discover")

    assert (known.code, old.code, patient.code) == (0, 1, 0)
    assert "error: mcp:echo" in old.err


def test_what_is_kept_is_for_its_owner_alone(project: Shell) -> None:
    project.ts("discover")

    state = project.home / ".ts"
    assert list(state.iterdir())
    for path in (state, *state.rglob("*")):
        assert os.name == "nt" or not stat.S_IMODE(path.stat().st_mode) & 0o077, path


def test_discover_says_which_server_failed(project: Shell) -> None:
    text = (project.directory / "ts.toml").read_text()
    project.write({"ts.toml": text + '[mcp.gone]\ncommand = "no-such-program"\n'})

    done = project.ts("discover", "--refresh")

    assert done.code == 1
    assert "mcp:echo  echo 1" in done.out
    assert "error: mcp:gone" in done.err
    assert "no-such-program" in done.err


def test_discover_refuses_a_name_that_is_not_configured(project: Shell) -> None:
    done = project.ts("discover", "eco")

    assert done.code == 2
    assert 'did you mean "echo"?' in done.err


def test_rules_new_writes_a_rule_and_keeps_the_file(project: Shell) -> None:
    project.write({"corpus/queries.txt": "repeat after them\nsay it again\n"})
    before = (project.directory / "rules/team/talk.toml").read_text()

    done = project.ts(
        "rules", "new", "repeat after me", "--use", "mcp:echo/echo", "--topic", "talk", "--owner", "@me"
    )

    assert done.code == 0
    assert 'use = "mcp:echo/echo"' in done.out
    after = (project.directory / "rules/team/talk.toml").read_text()
    assert set(before.splitlines()) <= set(after.splitlines())
    assert after.index("[picture]") < after.index("[repeat-after-me]")
    assert 'no = ["repeat after them"]' in done.out
    assert (
        project.ts("explain", "repeat after me", "--json").json["decision"]["rule"] == "talk.repeat-after-me"
    )


def test_rules_new_tells_the_tie_that_it_makes(project: Shell) -> None:
    project.write({
        "rules/vocab.toml": "[shapes]\nthings = '\\d+ things'\n",
        "rules/team/count.toml": '[things]\nwhen.looks = "things"\nuse = "mcp:echo/picture"\n',
        "corpus/queries.txt": "alpha 3 things\nalpha 4 things\nbeta 4 things\n",
    })  # fmt: skip

    done = project.ts("rules", "new", "alpha 7 things", "--use", "mcp:echo/echo", "--topic", "talk")

    assert done.code == 0
    assert "warning: count.things and talk.alpha-7-things tie on 3 of 4 recorded queries" in done.err
    assert 'for count.things to win, under [things]: beats = ["talk.alpha-7-things"]' in done.err
    assert "2 recorded queries now go another way" in done.err
    told = project.ts("rules", "new", "gamma", "--use", "mcp:echo/echo", "--json").json
    assert (told["id"], told["file"]) == ("echo.gamma", "rules/team/echo.toml")
    assert told["notes"] == [
        "what mcp:echo/echo takes is not known yet: ts discover echo, then ts rules check"
    ]


def test_rules_new_refuses_a_layer_or_a_target_that_cannot_be(project: Shell) -> None:
    assert project.ts("rules", "new", "x y", "--use", "echo").code == 2
    assert project.ts("rules", "new", "x y", "--use", "mcp:echo/echo", "--layer", "tem").code == 2
    refused = project.ts("rules", "new", "x y", "--use", "mcp:ecko/echo")
    assert refused.code == 2
    assert 'unknown server "ecko"' in refused.err
    assert not (project.directory / "rules/team/ecko.toml").exists()


@pytest.mark.slow
def test_doctor_connects_to_every_server(project: Shell) -> None:
    done = project.ts("doctor")

    assert done.code == 0, done.out
    assert f"ok   version: ts {__version__}" in done.out
    assert "ok   mcp:echo: 3 tools, protocol 2025-06-18" in done.out
    assert "ok   planner: no model is set up" in done.out
    states = {each["what"]: each["state"] for each in project.ts("doctor", "--json").json}
    assert states["mcp:echo"] == "ok"


def test_doctor_fails_where_a_server_does(project: Shell) -> None:
    project.write({"ts.toml": '[mcp.echo]\ncommand = "no-such-program"\n[store]\n'})

    done = project.ts("doctor", TS_NODE="1")

    assert done.code == 1
    assert "fail mcp:echo: " in done.out
    assert "[store] is read and checked" in done.out
    assert "TS_NODE: not a setting of ts" in done.out


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_doctor_fails_where_others_may_read_the_state(project: Shell) -> None:
    (project.home / ".ts").mkdir(mode=0o755)

    done = project.ts("doctor")

    assert done.code == 1
    assert "chmod 700" in done.out


def test_init_writes_the_starter_and_overwrites_nothing(shell: Shell) -> None:
    done = shell.ts("init", "new")
    assert done.code == 0
    assert (shell.directory / "new/ts.toml").is_file()
    assert shell.ts("-C", "new", "rules", "check").code == 0

    again = shell.ts("init", "new")
    assert again.code == 2
    assert "ts.toml" in again.err


def test_version_and_help(shell: Shell) -> None:
    assert shell.ts("--version").out == f"ts {__version__}\n"
    helped = shell.ts("--help").out
    assert all(name in helped for name in ("q", "explain", "discover", "rules", "doctor", "init"))
    assert shell.ts().code == 2

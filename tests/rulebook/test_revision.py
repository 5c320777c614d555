"""The files of a project at a git revision, read from real repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.core.findings import Findings
from router.errors import Problem, RevisionUnknown
from router.rulebook.revision import Revision, read_revision
from router.rulebook.tree import FOLDERS, Directory
from tests.command import Shell
from tests.repositories import FILES, committed, git, repository

OLD: dict[str, str] = {
    "ts.toml": "a",
    "rules/team/a.toml": "b",
    "prompts/a b.j2": "größe",
    "corpus/q.txt": "d",
}


def read(shell: Shell, name: str = "main", *, fork_of: str = "") -> Revision:
    return read_revision(shell.directory, name, fork_of=fork_of)


def refused(shell: Shell, name: str = "main") -> str:
    with pytest.raises(RevisionUnknown) as error:
        read(shell, name)
    return str(error.value)


def link(shell: Shell, path: str, target: str) -> None:
    place = shell.directory / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target)


@pytest.mark.parametrize("below", ["", "tools/routing here"])
def test_a_revision_holds_what_was_committed_below_the_project(tmp_path: Path, below: str) -> None:
    shell = repository(tmp_path, {**OLD, "README.md": "of no interest"}, below=below)
    shell.write({"rules/team/a.toml": "changed", "rules/team/b.toml": "new"})

    found = read(shell)

    assert {name: raw.decode() for name, raw in found.files.items()} == OLD
    assert (found.name, found.commit) == ("main", git(shell, "rev-parse", "main"))
    assert found.text("prompts/a b.j2", Findings()) == "größe"
    assert found.text("rules/team/b.toml", Findings()) is None
    assert list(found.names("rules")) == ["rules/team/a.toml"]


def test_a_revision_and_a_directory_name_the_same_files(tmp_path: Path) -> None:
    names = ("rules/team/a.toml", "rules/team/.a.toml", "rules/.b/c.toml", "rules/ä/sub/b.toml", "rules/x.md")
    shell = repository(tmp_path, {**FILES, **dict.fromkeys(names, "")})
    link(shell, "rules/linked", "ä")
    committed(shell, {})
    found = read(shell)

    for folder in FOLDERS:
        assert list(found.names(folder)) == list(Directory(shell.directory).names(folder))
    assert "rules/linked/sub/b.toml" in found.names("rules")
    assert "rules/team/.a.toml" not in found.names("rules")


def test_bytes_that_are_no_text_are_a_finding(tmp_path: Path) -> None:
    shell = repository(tmp_path, {"ts.toml": ""})
    (shell.directory / "rules").mkdir()
    (shell.directory / "rules/vocab.toml").write_bytes(b"a\xff")
    committed(shell, {})
    findings = Findings()

    assert read(shell).text("rules/vocab.toml", findings) is None
    assert [str(each) for each in findings.problems] == ["rules/vocab.toml: is not UTF-8: byte 2 is 0xff"]


def test_a_problem_is_placed_as_git_writes_it_unless_it_lies_elsewhere(tmp_path: Path) -> None:
    found = read(repository(tmp_path))

    assert found.placed(Problem("ts.toml", "x")).file == "main:ts.toml"
    assert found.placed(Problem("$TS_LANGUAGE", "x")).file == "$TS_LANGUAGE"


@pytest.mark.parametrize(
    "name", ["HEAD", "main", "refs/heads/main", "tagged", "HEAD@{0}", ":/a step", "-x", "--help", "@"]
)
def test_every_name_that_git_knows_will_do(tmp_path: Path, name: str) -> None:
    shell = repository(tmp_path)
    commit = git(shell, "rev-parse", "HEAD")
    shell.git("tag", "--annotate", "--message", "a tag", "tagged")
    for branch in ("-x", "--help"):
        shell.git("update-ref", f"refs/heads/{branch}", commit)

    assert read(shell, name).commit == commit
    assert read(shell, commit[:8]).commit == commit


@pytest.mark.parametrize("name", ["", "nowhere", "-q", "--all", "main..HEAD", "0" * 40])
def test_what_is_no_commit_is_refused(tmp_path: Path, name: str) -> None:
    assert refused(repository(tmp_path), name) == f"revision {name}: there is no such commit"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("^main", "Not a valid object name ^"),
        ("main:rules", "expected commit type, but the object dereferences to tree type"),
    ],
)
def test_what_git_itself_refuses_is_told_in_its_words(tmp_path: Path, name: str, reason: str) -> None:
    assert reason in refused(repository(tmp_path), name)


def test_it_branched_off_where_histories_part(tmp_path: Path) -> None:
    shell = repository(tmp_path)
    base = git(shell, "rev-parse", "HEAD")
    shell.git("checkout", "-b", "feature")
    committed(shell, {"rules/team/a.toml": ""})
    shell.git("checkout", "main")
    committed(shell, {"rules/team/b.toml": ""})

    found = read(shell, fork_of="feature")

    assert (found.name, found.commit) == (base[:12], base)
    assert read(shell, fork_of="HEAD").commit == git(shell, "rev-parse", "main")


def test_histories_without_a_common_commit_have_no_fork(tmp_path: Path) -> None:
    shell = repository(tmp_path)
    shell.git("checkout", "--orphan", "other")
    committed(shell, {"rules/team/other.toml": ""})

    with pytest.raises(RevisionUnknown, match="no common ancestor with HEAD; in a shallow clone fetch more"):
        read(shell, fork_of="HEAD")
    with pytest.raises(RevisionUnknown, match="revision nowhere: there is no such commit"):
        read(shell, fork_of="nowhere")


# Symbolic links and submodules.


def test_links_inside_the_repository_are_followed(tmp_path: Path) -> None:
    shell = repository(tmp_path, {**FILES, "../elsewhere/guard/stop.toml": "stop"}, below="project")
    link(shell, "rules/guard", "../../elsewhere/guard")
    link(shell, "rules/learned/again.toml", "../team/git.toml")
    link(shell, "../elsewhere/guard/other.toml", "stop.toml")
    committed(shell, {})
    shell.git("-C", "..", "add", "--all")
    shell.git("commit", "--message", "links")

    found = read(shell)

    assert found.files["rules/guard/stop.toml"] == b"stop"
    assert found.files["rules/guard/other.toml"] == b"stop"
    assert found.files["rules/learned/again.toml"] == FILES["rules/team/git.toml"].encode()
    assert list(found.names("rules")) == list(Directory(shell.directory).names("rules"))


def test_a_folder_may_be_a_link(tmp_path: Path) -> None:
    shell = repository(tmp_path, {"ts.toml": "", "kept/team/a.toml": "a"})
    link(shell, "rules", "kept")
    committed(shell, {})

    assert list(read(shell).names("rules")) == ["rules/team/a.toml"]


@pytest.mark.parametrize(
    ("path", "target"),
    [("rules/team/a.toml", "/etc/a.toml"), ("rules/guard", "../../../elsewhere"), ("prompts", "nowhere")],
)
def test_a_link_that_leads_out_is_refused(tmp_path: Path, path: str, target: str) -> None:
    shell = repository(tmp_path, {"ts.toml": ""})
    link(shell, path, target)
    committed(shell, {})

    assert (
        refused(shell)
        == f"revision main: {path} is a symbolic link that leads out of the repository or nowhere"
    )


def test_a_link_that_nothing_reads_may_lead_anywhere(tmp_path: Path) -> None:
    shell = repository(tmp_path, {"ts.toml": ""})
    link(shell, "rules/README.md", "/usr/share/doc/README.md")
    committed(shell, {})

    assert list(read(shell).names("rules")) == []


@pytest.mark.parametrize(("path", "target"), [("rules/team", "."), ("rules/a", "a")])
def test_a_link_to_itself_is_refused(tmp_path: Path, path: str, target: str) -> None:
    shell = repository(tmp_path, {"ts.toml": "", "rules/guard/a.toml": ""})
    link(shell, path, target)
    committed(shell, {})

    assert "is a symbolic link that leads" in refused(shell)


def test_a_submodule_is_refused_since_its_files_are_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    shared = repository(tmp_path / "shared", {"a.toml": ""})
    shell = repository(tmp_path, {"ts.toml": ""})
    shell.git("-c", "protocol.file.allow=always", "submodule", "add", str(shared.directory), "rules/team")
    committed(shell, {})

    assert refused(shell) == "revision main: rules/team is a submodule, whose files another repository holds"


# Where git is called.


def test_a_worktree_has_its_own_head(tmp_path: Path) -> None:
    shell = repository(tmp_path)
    shell.git("worktree", "add", "-b", "feature", str(tmp_path / "tree"))
    tree = Shell(tmp_path / "tree", shell.home)
    committed(tree, {"rules/team/new.toml": "new"})

    assert "rules/team/new.toml" in read(tree, "HEAD").files
    assert "rules/team/new.toml" not in read(tree, "main").files


@pytest.mark.parametrize("hook", ["/other/.git", ".git"])
def test_what_git_tells_its_hooks_is_not_taken_for_the_projects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hook: str
) -> None:
    (tmp_path / "other").mkdir()
    repository(tmp_path / "other", {"ts.toml": "of another"})
    shell = repository(tmp_path, OLD, below="project")
    directory = str(tmp_path / "other/repository/.git") if hook.startswith("/") else hook
    monkeypatch.setenv("GIT_DIR", directory)
    monkeypatch.setenv("GIT_PREFIX", "elsewhere/")
    monkeypatch.setenv("GIT_INDEX_FILE", "index")

    assert read(shell, "main").files["ts.toml"] == b"a"


def test_a_repository_that_only_the_environment_names_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = repository(tmp_path, OLD)
    (shell.directory / ".git").rename(tmp_path / "apart")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "apart"))
    monkeypatch.setenv("GIT_WORK_TREE", str(shell.directory))

    assert read(shell).files["ts.toml"] == b"a"


def test_reading_leaves_the_repository_as_it_is(tmp_path: Path) -> None:
    shell = repository(tmp_path)
    shell.write({"rules/team/git.toml": "dirty"})
    before = {path: path.stat().st_mtime_ns for path in (shell.directory / ".git").rglob("*")}

    read(shell, "HEAD", fork_of="main")

    assert {path: path.stat().st_mtime_ns for path in (shell.directory / ".git").rglob("*")} == before


def test_without_a_repository_git_says_so(tmp_path: Path) -> None:
    shell = Shell(tmp_path, tmp_path)

    assert refused(shell).startswith("revision main: not a git repository")


def test_without_git_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = repository(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert refused(shell) == "revision main: git is not installed"


def test_an_object_that_is_broken_is_told_and_not_guessed(tmp_path: Path) -> None:
    shell = repository(tmp_path, OLD)
    blob = git(shell, "rev-parse", "main:ts.toml")
    path = shell.directory / ".git/objects" / blob[:2] / blob[2:]
    path.chmod(0o644)
    path.write_bytes(b"broken")
    assert refused(shell).startswith("revision main: ")
    path.unlink()

    assert refused(shell) == f"revision main: ts.toml is not there: {blob} missing"

"""What an agent's events come to, without an agent."""

from __future__ import annotations

import pytest
from a2a.helpers import new_data_part, new_text_artifact_update_event, new_text_part
from a2a.types import (
    Artifact,
    Message,
    Part,
    Role,
    StreamResponse,
    Task,
    TaskArtifactUpdateEvent,
    TaskState,
    TaskStatus,
    TaskStatusUpdateEvent,
)
from hypothesis import given
from hypothesis import strategies as st

from router.core.outcome import Blob, Link, Result, Text
from router.drivers.a2a_parts import Conversation, handle
from router.errors import ProtocolBroken, ResultTooLarge

DONE = StreamResponse(
    status_update=TaskStatusUpdateEvent(task_id="t", status=TaskStatus(state=TaskState.TASK_STATE_COMPLETED))
)


def done(*parts: Part) -> Conversation:
    artifact = Artifact(artifact_id="a", parts=parts)
    return Conversation(Task(status=TaskStatus(state=TaskState.TASK_STATE_COMPLETED), artifacts=[artifact]))


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8"))))
def test_chunks_of_text_are_one_text_whatever_they_are(chunks: list[str]) -> None:
    talk = Conversation()
    news = []
    for number, chunk in enumerate(chunks):
        update = new_text_artifact_update_event("t", "c", "name", chunk, append=number > 0, artifact_id="a")
        news += talk.take(StreamResponse(artifact_update=update))
    talk.take(DONE)
    assert talk.result("a2a:a", 1_000_000).text == "".join(chunks)
    assert "".join(news) == "".join(chunks)


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5), st.lists))
def test_data_comes_back_as_it_was(value: object) -> None:
    back = done(new_data_part([value])).result("a2a:a", 1_000_000).structured
    assert back == [value]
    assert repr(back) == repr([value])


def test_an_update_may_come_before_any_task() -> None:
    talk = Conversation()
    assert talk.take(StreamResponse(artifact_update=TaskArtifactUpdateEvent(task_id="t", append=True))) == []
    assert talk.task_id == "t"
    assert not talk.settled


def test_a_text_goes_on_only_where_it_is_of_one_kind() -> None:
    talk = Conversation()
    for part in (
        new_text_part("a"),
        new_text_part("b", "text/markdown"),
        new_data_part(1),
        new_text_part("c"),
    ):
        artifact = Artifact(artifact_id="a", parts=[part])
        talk.take(StreamResponse(artifact_update=TaskArtifactUpdateEvent(artifact=artifact, append=True)))
    talk.take(
        StreamResponse(
            artifact_update=TaskArtifactUpdateEvent(artifact=Artifact(artifact_id="a"), append=True)
        )
    )
    talk.take(DONE)
    expected = Result((Text("a"), Text("b", "text/markdown"), Text("c")), 1)
    assert talk.result("a2a:a", 1000) == expected


def test_a_status_that_was_seen_is_no_news() -> None:
    message = Message(message_id="m", parts=[Part(text="thinking")])
    task = Task(id="t", status=TaskStatus(state=TaskState.TASK_STATE_WORKING, message=message))
    talk = Conversation()
    assert talk.look(task) == ["thinking"]
    assert talk.look(task) == []


def test_the_user_is_not_quoted_from_the_history() -> None:
    talk = done()
    talk.recall(Task(history=[Message(role=Role.ROLE_USER, parts=[Part(text="hi")])]))
    assert talk.result("a2a:a", 1000) == Result()


def test_a_task_that_goes_back_to_work_is_not_believed() -> None:
    talk = done()
    talk.recall(Task(status=TaskStatus(state=TaskState.TASK_STATE_WORKING)))
    assert talk.settled


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("chart.png", "chart.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\a.txt", "a.txt"),
        ("..", ""),
        ("/", ""),
        ("a\x00b\n.txt", "ab.txt"),
    ],
)
def test_a_file_name_has_no_directories_and_nothing_unprintable(filename: str, name: str) -> None:
    assert done(Part(raw=b"x", filename=filename)).result("a2a:a", 9).content == (Blob(b"x", name=name),)


@pytest.mark.parametrize(
    "part", [Part(text="é" * 5), Part(raw=b"x" * 10), Part(url="http://a/b"), new_data_part("12345678")]
)
def test_the_limit_counts_bytes_of_every_kind(part: Part) -> None:
    assert done(part).result("a2a:a", 12) is not None
    with pytest.raises(ResultTooLarge, match="the answer is larger than the limit of 9 bytes"):
        done(part).result("a2a:a", 9)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_no_json_is_told(number: float) -> None:
    part = new_data_part({"mean": 1})
    part.data.struct_value.fields["mean"].number_value = number
    with pytest.raises(ProtocolBroken, match="the answer holds NaN or Infinity, which is not JSON"):
        done(part).result("a2a:a", 1000)


def test_a_link_keeps_its_name() -> None:
    part = Part(url="https://a/b", filename="dir/b.pdf", media_type="application/pdf")
    assert done(part).result("a2a:a", 99).content == (Link("https://a/b", "b.pdf", "application/pdf"),)


def test_a_handle_can_be_taken_apart_whatever_the_ids_hold() -> None:
    assert handle(Task(id="t/1", context_id="c %")) == "c%20%25/t%2F1"


def test_without_a_task_nothing_is_answered() -> None:
    talk = Conversation()
    assert (talk.task_id, talk.settled, talk.astray, talk.wordless) == ("", False, False, False)
    assert talk.result("a2a:a", 0) == Result()


def test_an_answer_that_was_said_as_a_status_is_not_told_again() -> None:
    talk = Conversation()
    status = TaskStatus(state=TaskState.TASK_STATE_WORKING, message=Message(parts=[Part(text="the answer")]))
    artifact = Artifact(artifact_id="a", parts=[Part(text="the answer"), Part(text="and more")])
    told = talk.take(StreamResponse(status_update=TaskStatusUpdateEvent(task_id="t", status=status)))
    told += talk.take(StreamResponse(artifact_update=TaskArtifactUpdateEvent(task_id="t", artifact=artifact)))
    assert told == ["the answer", "and more"]

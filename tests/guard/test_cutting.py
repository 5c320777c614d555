"""What a result hands on is cut where the settings say so, and the result says it."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from router.core.outcome import Blob, Link, Result, Text
from router.guard.cutting import cut

CONTENT = st.one_of(
    st.builds(Text, st.text(max_size=40)),
    st.builds(Blob, st.binary(max_size=5), st.just("image/png")),
    st.builds(Link, st.just("https://a.example")),
)


def test_the_beginning_is_kept_and_the_rest_is_counted() -> None:
    result = Result((Text("0123456789"), Blob(b"x", "image/png"), Text("more")))

    assert cut(result, 8, "mcp.git") == Result(
        (
            Text("01234567"),
            Blob(b"x", "image/png"),
            Text("[6 characters are cut off: output of [mcp.git] is 8]"),
        )
    )


def test_structured_content_is_whole_or_left_out() -> None:
    result = Result((Text("short"),), {"rows": ["x" * 100]})

    told = cut(result, 50, "a2a.far")

    assert told.structured is None
    assert told.text == (
        "short\n[structured content of 114 characters is left out: output of [a2a.far] is 50]"
    )


@given(
    content=st.lists(CONTENT, max_size=5),
    structured=st.none() | st.text(max_size=30),
    most=st.integers(0, 60),
)
def test_no_more_is_handed_on_and_nothing_is_cut_in_silence(
    content: list[Text | Blob | Link], structured: str | None, most: int
) -> None:
    result = Result(tuple(content), structured)
    total = sum(len(each.text) for each in content if isinstance(each, Text))
    fits = total <= most and (structured is None or len(json.dumps(structured, ensure_ascii=False)) <= most)

    told = cut(result, most, "mcp.a")

    if not most or fits:
        assert told == result
        return
    *kept, note = told.content
    texts = "".join(each.text for each in kept if isinstance(each, Text))
    assert len(texts) <= most
    assert "".join(each.text for each in content if isinstance(each, Text)).startswith(texts)
    assert isinstance(note, Text)
    assert note.text.endswith(f": output of [mcp.a] is {most:,}]")
    assert [each for each in kept if not isinstance(each, Text)] == [
        each for each in content if not isinstance(each, Text)
    ]

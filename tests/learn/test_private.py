"""What looks like a secret is known by its form, and is masked wherever it is shown."""

from __future__ import annotations

import pytest

from router.learn.private import holds_secret, masked

LONG = "Ab1" * 12


@pytest.mark.parametrize(
    "secret",
    [
        f"ghp_{LONG}",
        f"github_pat_{LONG}",
        f"hf_{LONG}",
        f"sk-proj-{LONG}",
        "AKIA" + "A" * 16,
        f"xoxb-{LONG}",
        f"eyJhbGciOi.{LONG}.{LONG}",
        f"Bearer {LONG}",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----abc",
    ],
)
def test_what_issuers_and_keys_look_like_is_known_and_masked(secret: str) -> None:
    assert holds_secret(f"log in with {secret}")
    assert masked(f"log in with {secret} now").startswith("log in with …")
    assert secret not in masked(f"log in with {secret} now")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("fetch https://ann:hunter2@example.com/x", "fetch https://…@example.com/x"),
        ("ann:hunter2@db", "…@db"),
    ],
)
def test_a_password_before_a_host_is_masked(text: str, shown: str) -> None:
    assert (holds_secret(text), masked(text)) == (True, shown)


@pytest.mark.parametrize(
    "text",
    [
        "last 3 commits",
        "the sk-learn docs",
        "git@github.com:team/repo",
        "see https://example.com:8080/a",
        "mail ann@example.com",
        "task-force-of-the-century",
        "-----BEGIN CERTIFICATE-----",
    ],
)
def test_what_is_none_stays_as_it_is(text: str) -> None:
    assert (holds_secret(text), masked(text)) == (False, text)

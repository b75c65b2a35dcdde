"""Digest of callers: right answers pass once, all else is challenged again."""

import hashlib
import re

import pytest

from ivr.sip.config import Credential
from ivr.sip.digest import Digest
from ivr.sip.message import Message, parse

PEER = "10.0.0.9"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def digest(clock: Clock | None = None) -> Digest:
    return Digest([Credential("ann", "s3cret")], "ivr", clock or Clock(), b"x" * 32)


def answer(
    challenge: str, user: str = "ann", password: str = "s3cret", nc: str = "00000001", qop: bool = True
) -> Message:
    told = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
    hashed = hashlib.sha256 if told["algorithm"] == "SHA-256" else hashlib.md5

    def h(text: str) -> str:
        return str(hashed(text.encode()).hexdigest())

    a1, a2 = h(f"{user}:{told['realm']}:{password}"), h("INVITE:sip:100@x")
    middle = f"{told['nonce']}:{nc}:cn:auth" if qop else told["nonce"]
    more = f', qop=auth, nc={nc}, cnonce="cn"' if qop else ""
    return parse(
        f'INVITE sip:100@x SIP/2.0\r\nAuthorization: Digest username="{user}", realm="{told["realm"]}", '
        f'nonce="{told["nonce"]}", uri="sip:100@x", response="{h(f"{a1}:{middle}:{a2}")}", '
        f"algorithm={told['algorithm']}{more}\r\n\r\n"
    )


BARE = parse("INVITE sip:100@x SIP/2.0\r\n\r\n")


def ask(checker: Digest) -> list[str]:
    challenge = checker.challenge(BARE, PEER)
    assert challenge is not None
    return challenge


def test_the_stronger_algorithm_is_offered_first() -> None:
    first, second = ask(digest())
    assert "SHA-256" in first
    assert "MD5" in second
    assert "stale" not in first


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("qop", [True, False])
def test_a_right_answer_passes_once(which: int, qop: bool) -> None:
    checker = digest()
    request = answer(ask(checker)[which], qop=qop)
    assert checker.challenge(request, PEER) is None
    again = checker.challenge(request, PEER)
    assert again is not None
    assert "stale=true" in again[0]


def test_the_next_count_of_a_nonce_passes() -> None:
    checker = digest()
    challenge = ask(checker)[0]
    assert checker.challenge(answer(challenge, nc="00000001"), PEER) is None
    assert checker.challenge(answer(challenge, nc="00000002"), PEER) is None


@pytest.mark.parametrize(("user", "password"), [("ann", "wrong"), ("bob", "s3cret"), ("", "")])
def test_a_wrong_answer_is_challenged_without_stale(user: str, password: str) -> None:
    checker = digest()
    challenge = checker.challenge(answer(ask(checker)[0], user, password), PEER)
    assert challenge is not None
    assert "stale" not in challenge[0]


def test_an_old_nonce_and_one_of_another_peer_are_stale() -> None:
    clock = Clock()
    checker = digest(clock)
    request = answer(ask(checker)[0])
    elsewhere = checker.challenge(request, "10.0.0.10")
    clock.now += 120
    late = checker.challenge(request, PEER)
    assert elsewhere is not None
    assert late is not None
    assert "stale=true" in elsewhere[0]
    assert "stale=true" in late[0]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Digest",
        "Basic YW5uOnMzY3JldA==",
        'Digest username="ann',
        'Digest nonce="zz.zz", username="ann", realm="ivr"',
        'Digest username="ann", realm="ivr", nonce="..", response="\udcff", nc=zz',
    ],
)
def test_nonsense_is_challenged(value: str) -> None:
    assert digest().challenge(parse(f"INVITE sip:100@x SIP/2.0\r\nAuthorization: {value}\r\n\r\n"), PEER) is not None

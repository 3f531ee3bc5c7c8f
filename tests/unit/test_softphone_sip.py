"""SIP messages and addresses: what is read, what is written, what is refused."""

from __future__ import annotations

import pytest

from callcenter.softphone.address import network_address, parse_name_address, quote
from callcenter.softphone.errors import SipSyntaxError
from callcenter.softphone.sip import Request, Response, parameters, parse, split_list

INVITE = (
    b"INVITE sip:8000@127.0.0.1:5060 SIP/2.0\r\n"
    b"v: SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1, SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK2\r\n"
    b"Via: SIP/2.0/UDP 10.0.0.3;branch=z9hG4bK3\r\n"
    b'f: "Li, \\"Wei\\"" <sip:13900000000@10.0.0.1>;tag=a1\r\n'
    b"To: <sip:8000@127.0.0.1>\r\n"
    b"Subject: folded\r\n\tline\r\n"
    b"i: abc@10.0.0.1\r\n"
    b"CSeq: 7 INVITE\r\n"
    b"l: 4\r\n"
    b"\r\n"
    b"bodyrest"
)


def test_a_request_is_read_with_compact_names_folding_and_lists() -> None:
    message = parse(INVITE)
    assert isinstance(message, Request)
    assert (message.method, message.uri) == ("INVITE", "sip:8000@127.0.0.1:5060")
    assert message.branch == "z9hG4bK1"
    assert len(message.values("Via")) == 3
    assert message.get("subject") == "folded line"
    assert message.cseq == (7, "INVITE")
    assert message.call_id == "abc@10.0.0.1"
    assert message.body == b"body"
    sender = parse_name_address(message.get("From"))
    assert (sender.display, sender.user, sender.tag) == ('Li, "Wei"', "13900000000", "a1")


def test_what_is_built_is_read_back_with_any_bytes_in_it() -> None:
    hostile = b"\xff\xfe\xe5".decode("utf-8", "surrogateescape")
    sent = Response(
        status=486, reason="Busy Here", headers=(("Via", "x"), ("X-Name", hostile)), body=b"\x00\r\n"
    )
    data = sent.encode()
    assert b"X-Name: \xff\xfe\xe5\r\n" in data
    assert parse(data) == sent


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\r\n\r\n",
        b"\x00" * 20,
        b"INVITE sip:x\r\n\r\n",
        b"SIP/2.0 abc OK\r\n\r\n",
        b"HELLO WORLD HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_sip_message_is_refused(datagram: bytes) -> None:
    with pytest.raises(SipSyntaxError):
        parse(datagram)


def test_a_response_without_reason_and_a_wrong_cseq() -> None:
    message = parse(b"SIP/2.0 200\r\nCSeq: x INVITE\r\n\r\n")
    assert isinstance(message, Response)
    assert (message.status, message.reason, message.cseq) == (200, "", (0, ""))


def test_lists_split_outside_quotes_and_brackets() -> None:
    assert split_list('"a,b" <sip:x,y@h>;p="q,r", <sip:z>') == ['"a,b" <sip:x,y@h>;p="q,r"', "<sip:z>"]


def test_parameters_of_a_header_are_not_those_of_its_uri() -> None:
    assert parameters("<sip:x@h;lr>;tag=1;Q=0.5") == {"tag": "1", "q": "0.5"}
    assert parameters("SIP/2.0/UDP h;branch=b;rport") == {"branch": "b", "rport": ""}


@pytest.mark.parametrize(
    ("text", "display", "uri", "tag"),
    [
        ("sip:101@h;tag=x", "", "sip:101@h", "x"),
        ("Ann Lee <sip:101@h>", "Ann Lee", "sip:101@h", ""),
        ('"" <sip:anonymous@anonymous.invalid>;tag=9', "", "sip:anonymous@anonymous.invalid", "9"),
    ],
)
def test_addresses_with_and_without_name_and_brackets(text: str, display: str, uri: str, tag: str) -> None:
    read = parse_name_address(text)
    assert (read.display, read.uri, read.tag) == (display, uri, tag)


def test_a_name_is_quoted_so_that_it_is_read_back() -> None:
    name = 'a "b" \\ c <d>, e'
    assert parse_name_address(f"{quote(name)}<sip:x@h>").display == name


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("sip:101@10.0.0.9:5070;ob", ("10.0.0.9", 5070)),
        ("sip:10.0.0.9", ("10.0.0.9", 5060)),
        ("sip:101@phone.example", ("127.0.0.1", 1)),
        ("nonsense", ("127.0.0.1", 1)),
    ],
)
def test_only_numeric_hosts_are_followed(uri: str, address: tuple[str, int]) -> None:
    assert network_address(uri, ("127.0.0.1", 1)) == address

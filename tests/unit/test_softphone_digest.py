"""Digest authentication against the examples printed in the RFCs."""

from __future__ import annotations

import pytest

from callcenter.softphone.digest import UnsupportedDigest, authorization, parse_challenge, response

RFC7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


def test_the_example_of_rfc_2617() -> None:
    challenge = parse_challenge(
        'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
        'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    proof = response(
        challenge,
        user="Mufasa",
        password="Circle Of Life",
        method="GET",
        uri="/dir/index.html",
        nonce_count=1,
        cnonce="0a4f113b",
    )
    assert proof == "6629fae49393a05397450978507c4ef1"


@pytest.mark.parametrize(
    ("algorithm", "proof"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616(algorithm: str, proof: str) -> None:
    found = response(
        parse_challenge(RFC7616.format(algorithm=algorithm)),
        user="Mufasa",
        password="Circle of Life",
        method="GET",
        uri="/dir/index.html",
        nonce_count=1,
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    assert found == proof


def test_a_challenge_without_qop_is_answered_as_rfc_2069_says() -> None:
    challenge = parse_challenge(
        'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'
    )
    proof = response(
        challenge,
        user="Mufasa",
        password="CircleOfLife",
        method="GET",
        uri="/dir/index.html",
        nonce_count=1,
        cnonce="",
    )
    assert proof == "1949323746fe6a43ef61f9606e7febea"  # the erratum's value for the example of RFC 2069
    header = authorization(challenge, user="u", password="p", method="REGISTER", uri="sip:h")
    assert "qop" not in header
    assert "opaque" not in header


@pytest.mark.parametrize(
    "value",
    [
        'Basic realm="x"',
        'Digest realm="x"',
        'Digest nonce="n", algorithm=X-9',
        'Digest nonce="n", qop="auth-int"',
    ],
)
def test_what_cannot_be_answered_is_said(value: str) -> None:
    with pytest.raises(UnsupportedDigest):
        parse_challenge(value)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad certificates: each is refused with its reason and exit status 6, before any byte of the conversation."""
import contextlib
import os
import re
import shutil
import signal
import ssl
import subprocess

import pytest

import tls
from harness import ends, in_background, one_sentence
from tls import AUTHORITY, SERVER, Authority

GOOD = "DNS:good.test,IP:127.0.0.1"
SECRET = b"the words nobody else may read\n"
NUL_NAME = b"good.test\0.evil.test"
PIN = "sha256//" + 43 * "A" + "="


def with_nul():
    """An alternative name with a NUL in it, as DER."""
    name = b"\x82" + bytes([len(NUL_NAME)]) + NUL_NAME
    return "DER:30" + f"{len(name):02x}" + name.hex()


def expired(ours):
    return ours.server("expired", GOOD, start="20200101000000Z", end="20200201000000Z")


def not_yet_valid(ours):
    return ours.server("early", GOOD, start="20991231000000Z", end="21001231000000Z")


def issued_by_no_authority(ours):
    leaf = Authority(ours.folder / "leaf", "no authority", ours, "basicConstraints=critical,CA:FALSE\n")
    return chain(leaf.server("under-leaf", GOOD), leaf.ca)


def issued_without_the_right(ours):
    leaf = Authority(ours.folder / "keyless", "no signer", ours,
                     "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,cRLSign\n")
    return chain(leaf.server("under-keyless", GOOD), leaf.ca)


def chain(certificate, *further):
    whole = f"{certificate.cert}.chain"
    with open(f"{whole}.{os.getpid()}", "wb") as file:
        for path in (certificate.cert, *further):
            with open(path, "rb") as part:
                file.write(part.read())
    os.rename(f"{whole}.{os.getpid()}", whole)
    return tls.Certificate(whole, certificate.key)


BAD = {
    "self-signed": (lambda ours: ours.self_signed("own", GOOD),
                    "which is right only if the other side says the same by a way that nobody can change"),
    "expired": (expired, "its certificate has expired: it was valid until 2020-02-01"),
    "not yet valid": (not_yet_valid, "its certificate is not valid yet, only from 2099-12-31 on"),
    "wrong name": (lambda ours: ours.server("other", "DNS:other.test"),
                   "its certificate is not for good.test, it is for other.test"),
    "name in the subject only": (lambda ours: ours.issue("subject", "extendedKeyUsage=serverAuth\n", name="good.test"),
                                 "its certificate is not for good.test: its subject is good.test, but only alternative "
                                 "names count, and it has none"),
    "several other names": (lambda ours: ours.server("several", "DNS:a.test,IP:192.0.2.1,DNS:c.test,DNS:d.test,DNS:e.test"),
                            "is not for good.test, it is for a.test, 192.0.2.1, c.test and 2 others"),
    "wildcard of everything": (lambda ours: ours.server("star", "DNS:*.test"), "not for good.test, it is for *.test"),
    "wildcard in a part": (lambda ours: ours.server("part", "DNS:go*d.test"), "it is for go*d.test"),
    "NUL in the name": (lambda ours: ours.server("nul", with_nul()), r"it is for good.test\x00.evil.test"),
    "issuer without CA": (issued_by_no_authority, "the issuer of its certificate is no authority"),
    "issuer without the right to sign": (issued_without_the_right, "the issuer of its certificate is no authority"),
    "use of a client": (lambda ours: ours.client("client"), "its certificate is made for another use"),
    "key that may not sign": (lambda ours: ours.issue("usage", SERVER.format(names=GOOD) + "keyUsage=critical,cRLSign\n"),
                              "its certificate is made for another use"),
    "SHA-1": (lambda ours: ours.server("sha1", GOOD, md="sha1"), "signed with a hash that is too weak"),
    "1024 bit": (lambda ours: ours.server("short", GOOD, kind="1024"), "the key of its certificate is too short"),
}


@contextlib.contextmanager
def refused_by_connect(tcpchat, listener, certificate, *options, name="good.test"):
    """The run that calls a server with this certificate. The server gets no byte of the conversation."""
    there, seen = listener(), []
    run = tcpchat("connect", "--tls", "--tls-name", name, *options, "127.0.0.1", there.port)
    run.send(SECRET)

    def serve():
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            with tls.accept(there, tls.server_context(certificate)) as peer:
                seen.append(peer.recv(100))
    server = in_background(serve)
    yield run
    ends(run, 6)
    server.join()
    assert not any(seen)


@pytest.mark.parametrize("kind", BAD)
def test_bad_certificate_of_a_server_is_refused(tcpchat, listener, authority, kind):
    make, reason = BAD[kind]
    with refused_by_connect(tcpchat, listener, make(authority), "--tls-ca", authority.ca) as run:
        pass
    assert reason in one_sentence(run)
    assert one_sentence(run).startswith("127.0.0.1:")


def test_wrong_address_is_refused(tcpchat, listener, authority):
    elsewhere = authority.server("elsewhere", "IP:192.0.2.1,DNS:127.0.0.1")
    with refused_by_connect(tcpchat, listener, elsewhere, "--tls-ca", authority.ca, name="127.0.0.1") as run:
        pass
    assert "its certificate is not for 127.0.0.1, it is for 192.0.2.1, 127.0.0.1 (as a name)" in one_sentence(run)


def test_unknown_authority_is_refused(tcpchat, listener, authority):
    with refused_by_connect(tcpchat, listener, authority.server()) as run:
        pass
    assert "an authority that is not trusted here: /CN=the test's authority" in one_sentence(run)


def test_revoked_certificate_is_refused(tcpchat, listener, authority):
    own = Authority(authority.folder / "revoking", "an authority that revokes")
    good, revoked = own.server("kept"), own.server("revoked")
    options = ["--tls-ca", own.ca, "--tls-crl", own.crl(revoked)]
    with refused_by_connect(tcpchat, listener, revoked, *options) as run:
        pass
    assert "its certificate was revoked" in one_sentence(run)
    there = listener()
    run = tcpchat("connect", "--tls", "--tls-name", "good.test", *options, "127.0.0.1", there.port)
    with tls.accept(there, tls.server_context(good)) as peer:
        run.end_input()
        assert peer.recv(10) == b""
        peer.unwrap()
        ends(run, 0)


@pytest.mark.parametrize("whose, reason, alert", [
    ("nobody's", "it shows no certificate", "the other side wants a certificate; give --tls-cert"),
    ("another authority's", "an authority that is not trusted here", "does not trust this side's certificate"),
    ("a server's", "its certificate is made for another use", "the other side"),
    ("its own", "its certificate is self-signed, and --tls-client-ca does not have it", "the other side"),
])
def test_bad_certificate_of_a_client_is_refused(tcpchat, authority, whose, reason, alert):
    server = authority.server()
    run = tcpchat("listen", "--tls", "--tls-cert", server.cert, "--tls-key", server.key, "--tls-client-ca",
                  authority.ca, "127.0.0.1", 0)
    other = Authority(authority.folder / "other", "another authority")
    shown = {"nobody's": None, "another authority's": other.client(), "a server's": authority.server("wrong-use"), "its own": authority.self_signed()}[whose]
    options = ["--tls-cert", shown.cert, "--tls-key", shown.key] if shown else []
    caller = tcpchat("connect", "--tls", "--tls-ca", authority.ca, *options, "127.0.0.1", run.port)
    ends(caller, 6)
    assert alert in one_sentence(caller)
    run.expect_stderr(rb"^tcpchat: 127\.0\.0\.1:\d+: .*" + reason.encode())
    mine = authority.client("mine")
    welcome = tcpchat("connect", "--tls", "--tls-ca", authority.ca, "--tls-cert", mine.cert, "--tls-key", mine.key,
                      "127.0.0.1", run.port)
    welcome.send(SECRET)
    assert run.read(len(SECRET)) == SECRET
    for one in (welcome, run):
        one.end_input()
    for one in (welcome, run):
        ends(one, 0)


# ---- pins ----

@pytest.mark.parametrize("kind", ["self-signed", "expired", "wrong name"])
def test_right_pin_is_enough(tcpchat, listener, authority, kind):
    certificate, there = BAD[kind][0](authority), listener()
    other = authority.server().pin
    run = tcpchat("connect", "--tls", "--tls-pin", other, "--tls-pin", certificate.pin, "127.0.0.1", there.port)
    with tls.accept(there, tls.server_context(certificate)) as peer:
        run.end_input()
        assert peer.recv(10) == b""
        peer.unwrap()
        ends(run, 0)


def test_wrong_pin_is_refused_though_the_chain_is_right(tcpchat, listener, authority):
    good, other = authority.server(), authority.client().pin
    run = listen_with(tcpchat, good)
    ends(tcpchat("connect", "--tls", "--tls-pin", other, "127.0.0.1", run.port), 6)
    run.expect_stderr(rb"the other side refused this side's certificate \(alert bad_certificate\)")
    with refused_by_connect(tcpchat, listener, good, "--tls-pin", other) as run:
        pass
    assert f"its key is not the one of --tls-pin, it is {good.pin}: somebody else answers" in one_sentence(run)


def test_pin_of_a_short_key_is_not_enough(tcpchat, listener, authority):
    short = BAD["1024 bit"][0](authority)
    with refused_by_connect(tcpchat, listener, short, "--tls-pin", short.pin) as run:
        pass
    assert "too short" in one_sentence(run)


def test_insecure_takes_anything_and_warns(tcpchat, listener, authority):
    there = listener()
    run = tcpchat("connect", "--tls", "--tls-insecure", "127.0.0.1", there.port)
    with tls.accept(there, tls.server_context(expired(authority))) as peer:
        run.end_input()
        assert peer.recv(10) == b""
        peer.unwrap()
        ends(run, 0)
    assert one_sentence(run).startswith("--tls-insecure: nothing is verified")


# ---- files ----

def listen_with(tcpchat, certificate, *options, **popen):
    return tcpchat("listen", "--tls", "--tls-cert", certificate.cert, "--tls-key", certificate.key, *options,
                   "127.0.0.1", 0, **popen)


def copy_of(certificate, folder, mode):
    key = folder / "key.pem"
    key.write_bytes(open(certificate.key, "rb").read())
    key.chmod(mode)
    return tls.Certificate(certificate.cert, key)


def test_key_that_others_can_read_gets_a_warning(tcpchat, authority, tmp_path):
    run = listen_with(tcpchat, copy_of(authority.server(), tmp_path, 0o640))
    run.expect_stderr(rb"^tcpchat: .*key\.pem: others may read this key; chmod 600 ")


def test_encrypted_key_is_refused_with_advice(tcpchat, authority, tmp_path):
    server, key = authority.server(), tmp_path / "locked.pem"
    tls.openssl("pkey", "-in", server.key, "-aes256", "-passout", "pass:secret", "-out", key)
    run = listen_with(tcpchat, tls.Certificate(server.cert, key))
    ends(run, 5)
    assert "the key is encrypted" in one_sentence(run) and f"openssl pkey -in {key}" in one_sentence(run)


def test_key_of_another_certificate_is_refused(tcpchat, authority):
    run = listen_with(tcpchat, tls.Certificate(authority.server().cert, authority.client().key))
    ends(run, 5)
    assert "is not that of the certificate" in one_sentence(run)


def der(kind, source, path):
    tls.openssl(kind, "-in", source, "-outform", "DER", "-out", path)


def two_with_one_damaged(own, path):
    whole = open(own.cert).read()
    path.write_text(whole + whole[:300] + "\n-----END CERTIFICATE-----\n")


WRONG = {
    "none": (lambda own, path: None, "No such file or directory"),
    "folder": (lambda own, path: path.mkdir(), "Is a directory"),
    "empty": (lambda own, path: path.touch(), "it is empty"),
    "FIFO without a writer": (lambda own, path: os.mkfifo(path), "it is empty"),
    "text": (lambda own, path: path.write_text("no certificate\n"), "there is no {wanted} in the form of PEM in it"),
    "endless": (lambda own, path: path.symlink_to("/dev/zero"), "it is too large"),
    "key": (lambda own, path: shutil.copy(own.key, path),
            "there is no {wanted} in it, it has a private key; is it the file of --tls-key?"),
    "request": (lambda own, path: tls.openssl("req", "-new", "-key", own.key, "-subj", "/CN=x", "-out", path),
                "it has a request for a certificate"),
    "DER": (lambda own, path: der("x509", own.cert, path),
            "it is a certificate in DER, not PEM; write it as PEM: openssl x509 -inform DER -in '{path}' -out FILE"),
    "PKCS #12": (lambda own, path: tls.openssl("pkcs12", "-export", "-in", own.cert, "-inkey", own.key, "-passout",
                                               "pass:x", "-out", path), "openssl pkcs12 -noenc -in '{path}' -out FILE"),
}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("command, option, wanted", [("listen", "--tls-cert", "certificate"),
                                                     ("listen", "--tls-client-ca", "certificate"),
                                                     ("listen", "--tls-crl", "revocation list"),
                                                     ("connect", "--tls-ca", "certificate")])
def test_unusable_file_is_refused_with_a_reason(tcpchat, authority, tmp_path, command, option, wanted, kind):
    make, reason = WRONG[kind]
    own, path = authority.server(), tmp_path / "the file"
    make(own, path)
    others = ["--tls-client-ca", authority.ca] if option == "--tls-crl" else []
    run = tcpchat(command, "--tls", *others, option, path, "127.0.0.1", 0 if command == "listen" else 1)
    ends(run, 5)
    assert one_sentence(run).startswith(f"{option} {path}: ")
    assert reason.format(wanted=wanted, path=path) in one_sentence(run)


@pytest.mark.parametrize("option", ["--tls-cert", "--tls-client-ca"])
def test_empty_name_of_a_file_is_wrong_use(tcpchat, option):
    run = tcpchat("listen", "--tls", option, "", "127.0.0.1", 0)
    ends(run, 2)
    assert one_sentence(run) == f"{option}: '' is empty, perhaps a variable that is not set"


@pytest.mark.parametrize("kind, reason", [
    ("certificate", "there is no private key in it, it has a certificate; is it the file of --tls-cert?"),
    ("DER", "it is a private key in DER, not PEM; write it as PEM: openssl pkey -inform DER -in"),
    ("encrypted DER", "it is an encrypted key in DER"),
    ("damaged", "the private key in it is damaged")])
def test_unusable_key_is_refused_with_a_reason(tcpchat, authority, tmp_path, kind, reason):
    own, path = authority.server(), tmp_path / "key"
    {"certificate": lambda: shutil.copy(own.cert, path),
     "DER": lambda: der("pkey", own.key, path),
     "encrypted DER": lambda: tls.openssl("pkcs8", "-topk8", "-in", own.key, "-outform", "DER", "-passout", "pass:x",
                                          "-out", path),
     "damaged": lambda: path.write_text(open(own.key).read()[:100])}[kind]()
    run = tcpchat("listen", "--tls", "--tls-cert", own.cert, "--tls-key", path, "127.0.0.1", 0)
    ends(run, 5)
    assert one_sentence(run).startswith(f"--tls-key {path}: {reason}")


def test_damaged_certificate_behind_a_good_one_is_named(tcpchat, authority, tmp_path):
    own, path = authority.server(), tmp_path / "two.pem"
    two_with_one_damaged(own, path)
    for words in (["listen", "--tls", "--tls-cert", path, "--tls-key", own.key, "127.0.0.1", 0],
                  ["connect", "--tls", "--tls-ca", path, "127.0.0.1", 1]):
        run = tcpchat(*words)
        ends(run, 5)
        assert "the certificate no. 2 in it is damaged" in one_sentence(run)


def test_certificate_without_its_key_says_which_option_names_it(tcpchat, authority):
    run = tcpchat("listen", "--tls", "--tls-cert", authority.server().cert, "127.0.0.1", 0)
    ends(run, 5)
    assert one_sentence(run).endswith("it has a certificate; --tls-key FILE names the file of its key")


def test_own_certificate_with_a_short_key_is_refused(tcpchat, authority):
    short = BAD["1024 bit"][0](authority)
    run = tcpchat("listen", "--tls", "--tls-cert", short.cert, "--tls-key", short.key, "127.0.0.1", 0)
    ends(run, 5)
    assert one_sentence(run).endswith("this certificate cannot be used: its key is too short to be safe")


@pytest.mark.parametrize("name", ["", ".", ".test", "*.good.test", "a..b", "a b", "good.test,x", "good.test:443", "[::1]",
                                  "https://good.test"])
@pytest.mark.parametrize("words", [["connect", "--tls", "127.0.0.1", "1"],
                                   ["listen", "--forward", "tls:127.0.0.1:1", "127.0.0.1", "0"]], ids=lambda words: words[0])
def test_name_that_no_certificate_has_is_refused(tcpchat, authority, words, name):
    """With OpenSSL an empty name verifies nothing, and a dot in front takes all names below."""
    run = tcpchat(*words, "--tls-ca", authority.ca, "--tls-name", name)
    ends(run, 2)
    reason = "is no name that a certificate has; one is a host without a port" if name else "is empty, perhaps a variable"
    assert one_sentence(run).startswith(f"--tls-name: '{name}' {reason}")


def test_host_that_no_certificate_names_is_refused(tcpchat):
    run = tcpchat("connect", "--tls", "a..b", "1")
    ends(run, 2)
    assert one_sentence(run) == "'a..b' is no name that a certificate has; --tls-name NAME gives the right one"


def test_process_that_speaks_tls_leaves_no_core(unprivileged, listener):
    """The files in /proc of a process that leaves no core are root's, whoever runs it."""
    for options, owner in (([], unprivileged.owner), (["--tls"], 0)):
        run = unprivileged("listen", *options, "127.0.0.1", 0)
        assert run.port
        assert os.stat(f"/proc/{run.pid}/mem").st_uid == owner
    there = listener()
    run = unprivileged("connect", "--tls", "127.0.0.1", there.port)
    with there.accept() as peer:
        assert peer.recv(1)
        assert os.stat(f"/proc/{run.pid}/mem").st_uid == 0


def test_hangup_reads_certificate_and_key_again(tcpchat, authority, tmp_path):
    first, second = authority.server(), authority.server("second")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"

    def put(certificate):
        cert.write_bytes(open(certificate.cert, "rb").read())
        key.write_bytes(open(certificate.key, "rb").read())
        key.chmod(0o600)

    def shown():
        with tls.call(run.port, tls.client_context(authority.ca)) as peer:
            return ssl.DER_cert_to_PEM_cert(peer.getpeercert(True))

    def is_of(certificate):
        return ssl.PEM_cert_to_DER_cert(open(certificate.cert).read()) == ssl.PEM_cert_to_DER_cert(shown())

    put(first)
    run = listen_with(tcpchat, tls.Certificate(cert, key), "-k", "-v", stdin=subprocess.DEVNULL)
    assert is_of(first)
    put(second)
    run.process.send_signal(signal.SIGHUP)
    run.expect_stderr(rb"certificates and keys were read again")
    assert is_of(second)
    key.write_text("nothing")
    run.process.send_signal(signal.SIGHUP)
    run.expect_stderr(rb"^tcpchat: --tls-key .*key\.pem: there is no private key.* stay in use$")
    assert is_of(second)


def test_protocol_is_agreed_on(tcpchat, authority):
    run = listen_with(tcpchat, authority.server(), "-k", "-v", "--tls-alpn", "chat/1,chat/2", stdin=subprocess.DEVNULL)
    context = tls.client_context(authority.ca)
    context.set_alpn_protocols(["chat/2"])
    with tls.call(run.port, context) as peer:
        assert peer.selected_alpn_protocol() == "chat/2"
    run.expect_stderr(rb"TLSv1\.3, \S+, chat/2$")
    context = tls.client_context(authority.ca)
    context.set_alpn_protocols(["mail"])
    with pytest.raises(ssl.SSLError, match="(?i)no.application.protocol"):
        tls.call(run.port, context)
    run.expect_stderr(rb"it offers none of the protocols of --tls-alpn")


def test_name_and_protocols_reach_the_server(tcpchat, listener, authority):
    there, server, names = listener(), authority.server(), []
    run = tcpchat("connect", "--tls", "--tls-name", "good.test", "--tls-ca", authority.ca, "--tls-alpn", "chat/1",
                  "127.0.0.1", there.port)
    context = tls.server_context(server, sni_callback=lambda connection, name, _: names.append(name))
    context.set_alpn_protocols(["chat/1"])
    with tls.accept(there, context) as peer:
        assert names == ["good.test"] and peer.selected_alpn_protocol() == "chat/1"


def test_address_is_no_server_name(tcpchat, listener, authority):
    there, names = listener(), []
    tcpchat("connect", "--tls", "--tls-ca", authority.ca, "127.0.0.1", there.port)
    context = tls.server_context(authority.server(), sni_callback=lambda connection, name, _: names.append(name))
    with tls.accept(there, context):
        assert names == [None]


@pytest.mark.parametrize("line, words", [
    ("connect --tls-ca FILE host 1", "--tls-ca is for a server that this side calls"),
    ("connect --tls --tls-key FILE host 1", "--tls-key goes with --tls-cert"),
    ("connect --tls --tls-client-ca FILE host 1", "--tls-client-ca is an option of listen"),
    ("connect --tls --tls-insecure --tls-ca FILE host 1", "exclude each other"),
    ("connect --tls --tls-pin sha256//short host 1", "'sha256//short' is no pin; one is sha256// and 44 characters"),
    (f"connect --tls --tls-pin {PIN[:-2]}B= host 1", f"'{PIN[:-2]}B=' is no pin: its last characters cannot be the end of one"),
    (f"connect --tls --tls-pin {PIN[:-1]}A host 1", "is no pin; one is sha256// and 44 characters"),
    (f"connect --tls --tls-pin {PIN};{PIN} host 1", "is no pin; give --tls-pin once for each"),
    ("connect --tls --tls-alpn a,,b host 1", "--tls-alpn 'a,,b': a protocol is empty"),
    ("listen --tls --tls-insecure 0", "--tls-insecure is for a server that this side calls"),
    ("listen --tls-cert FILE 0", "--tls-cert goes with --tls"),
    ("listen --tls --tls-crl FILE 0", "--tls-crl is about certificates of peers, which listen takes only with"),
    ("listen --tls --forward tls:host:1 --tls-ca FILE --tls-crl FILE 0", "only with --tls-client-ca FILE"),
    ("connect --tls --tls-pin PIN --tls-crl FILE host 1", "--tls-crl has no effect with --tls-pin and --tls-insecure"),
    ("connect --tls --tls-insecure --tls-crl FILE host 1", "--tls-crl has no effect"),
    ("listen --ssl 0", "--tls"),
    ("connect --ssl-verify host 1", "--tls verifies the other side anyway"),
    ("connect --ssl-trustfile FILE host 1", "--tls-ca FILE"),
    ("connect --ssl-servername x host 1", "--tls-name NAME"),
    ("connect OPENSSL:host.test:443", "write tcpchat connect --tls host.test 443"),
    ("connect --tls tls:host.test:443", "write tcpchat connect --tls host.test 443"),
    ("connect https://host.test/x", "write tcpchat connect --tls host.test 443"),
    ("connect --tls https://host.test:1", "write tcpchat connect --tls host.test 1"),
    ("connect http://host.test:1", "write tcpchat connect host.test 1"),
    ("listen 0 --forward https://host.test", "write tcpchat listen 0 --forward tls:host.test:443"),
    ("listen OPENSSL-LISTEN:8443,fork,cert=x", "write tcpchat listen --tls 8443"),
    ("listen 0 --forward SSL:host.test:443", "write tcpchat listen 0 --forward tls:host.test:443"),
    ("connect --cafile x host 1", "--tls-ca FILE"),
    ("connect --CApath x host 1", "--tls-ca FILE"),
    ("connect --tls --tls-verify host 1", "--tls-verify: --tls verifies the other side anyway"),
    ("connect -verify 1 host 1", "--tls verifies the other side anyway"),
    ("connect --no-verify host 1", "--no-verify is written --tls-insecure"),
    ("connect --tls --sni x host 1", "--sni is written --tls-name NAME"),
    ("connect --tlsv1.2 host 1", "--tlsv1.2 is written --tls, which is TLS 1.3 or 1.2"),
    ("connect -tls1_2 host 1", "--tls1_2 is written --tls, which is TLS 1.3 or 1.2"),
    ("connect --tls --alpn h2 host 1", "--alpn is written --tls-alpn LIST"),
    ("connect --tls13 host 1", "--tls13 is written --tls, which is TLS 1.3 or 1.2"),
    ("connect --ca-certificate x host 1", "--ca-certificate is written --tls-ca FILE"),
    ("connect --keyfile x host 1", "--keyfile is written --tls-key FILE"),
    ("connect --verify-hostname x host 1", "--verify-hostname is written --tls-name NAME"),
    ("connect --pinned-pubkey x host 1", "--pinned-pubkey is written --tls-pin PIN"),
    ("connect --no-check-certificate host 1", "--no-check-certificate is written --tls-insecure"),
    ("listen --verify-client 0", "--verify-client is written --tls-client-ca FILE"),
    ("connect --mtls host 1", "--mtls is written --tls-cert FILE --tls-key FILE"),
    ("connect --passphrase x host 1", "--passphrase: the key has no passphrase; openssl pkey"),
    ("connect -connect host:1", "-connect: the address is an operand; write tcpchat connect HOST:PORT"),
    ("listen -accept 8443", "write tcpchat listen 8443"),
    ("connect --starttls smtp host 25", "--starttls is not in this version"),
    ("connect --tls --tls-alpn h2, host 1", "--tls-alpn 'h2,': a protocol is empty"),
])
def test_wrong_use_is_refused(tcpchat, line, words):
    run = tcpchat(*line.split())
    ends(run, 2)
    assert re.search(re.escape(words), one_sentence(run)), run.stderr


def test_crl_about_clients_goes_with_a_pin_of_the_next_server(tcpchat, authority):
    own = authority.server()
    run = listen_with(tcpchat, own, "--tls-client-ca", authority.ca, "--tls-crl", authority.crl(), "--forward",
                      "tls:127.0.0.1:1", "--tls-pin", own.pin)
    assert run.port


@pytest.mark.parametrize("option", ["--tls-cert", "--tls-key", "--tls-client-ca", "--tls-crl"])
def test_file_that_is_read_is_not_written(tcpchat, authority, tmp_path, option):
    server, copy = authority.server(), tmp_path / "copy.pem"
    copy.write_bytes(open(server.cert, "rb").read())
    given = {"--tls-cert": server.cert, "--tls-key": server.key} | {option: copy}
    options = [word for pair in given.items() for word in pair]
    options += ["--tls-client-ca", authority.ca] if option == "--tls-crl" else []
    run = tcpchat("listen", "--tls", *options, "-o", copy, "-x", tmp_path / "x", "--transcript", tmp_path / "t",
                  "--port-file", tmp_path / "p", "127.0.0.1", 0)
    ends(run, 2)
    assert copy.read_bytes() == open(server.cert, "rb").read()


def test_certificate_and_key_may_be_in_one_file(tcpchat, authority, tmp_path):
    server, both = authority.server(), tmp_path / "both.pem"
    both.write_bytes(open(server.cert, "rb").read() + open(server.key, "rb").read())
    both.chmod(0o600)
    run = tcpchat("listen", "--tls", "--tls-cert", both, "127.0.0.1", 0)
    with tls.call(run.port, tls.client_context(authority.ca)) as peer:
        peer.sendall(b"hello\n")
        assert run.read(6) == b"hello\n"
    assert b"others" not in run.stderr

# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates, good and bad, and peers that speak TLS."""
import base64
import fcntl
import hashlib
import pathlib
import shutil
import socket
import ssl
import subprocess

from harness import PATIENCE

CA = """
[ca]
default_ca = own
[own]
dir = {folder}
database = $dir/index
new_certs_dir = $dir
certificate = $dir/ca.pem
private_key = $dir/ca.key
default_md = sha256
default_days = 30
default_crl_days = 30
rand_serial = yes
policy = any
unique_subject = no
[any]
commonName = supplied
"""
SERVER = "basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName={names}\n"
CLIENT = "basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n"
AUTHORITY = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"


def openssl(*args):
    done = subprocess.run(["openssl", *map(str, args)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


class Certificate:
    """The files of a certificate and its key."""

    def __init__(self, cert, key):
        self.cert, self.key = cert, key

    @property
    def pin(self):
        public = subprocess.run(["openssl", "x509", "-in", self.cert, "-noout", "-pubkey"], check=True,
                                capture_output=True, text=True).stdout
        der = base64.b64decode("".join(public.splitlines()[1:-1]))
        return "sha256//" + base64.b64encode(hashlib.sha256(der).digest()).decode()


class Authority:
    """A folder with an authority that issues certificates, each made when it is first asked for."""

    def __init__(self, folder, name="the test's authority", issuer=None, extensions=AUTHORITY):
        self.folder = pathlib.Path(folder)
        self.name, self.ca = name, self.folder / "ca.pem"
        self.folder.mkdir(exist_ok=True)
        with self._locked():
            if self.ca.exists():
                return
            (self.folder / "index").write_text("")
            (self.folder / "config").write_text(CA.format(folder=self.folder))
            self._make_key("ca", "ec")
            if issuer:
                made = issuer.issue(f"authority-{self.folder.name}", extensions, key=self.folder / "ca.key", name=name)
                shutil.copy(made.cert, self.ca)
            else:
                self._self_sign("ca", extensions, name)

    def _locked(self):
        lock = open(self.folder / "lock", "w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        return lock

    def _make_key(self, stem, kind):
        algorithm = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"] if kind == "ec" else [
            "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{kind}"]
        openssl("genpkey", *algorithm, "-out", self.folder / f"{stem}.key")
        (self.folder / f"{stem}.key").chmod(0o600)

    def _self_sign(self, stem, extensions, name):
        options = [word for line in extensions.split() for word in ("-addext", line)]
        openssl("req", "-x509", "-new", "-key", self.folder / f"{stem}.key", "-out", self.folder / f"{stem}.pem",
                "-subj", f"/CN={name}", "-days", 30, "-config", "/dev/null", *options)

    def issue(self, stem, extensions, key=None, kind="ec", name="test", md="sha256", start=None, end=None):
        """A certificate of this authority; its files are made once."""
        cert, own_key = self.folder / f"{stem}.pem", self.folder / f"{stem}.key"
        with self._locked():
            if not cert.exists():
                if not key:
                    self._make_key(stem, kind)
                request, config = self.folder / f"{stem}.csr", self.folder / f"{stem}.ext"
                config.write_text(extensions)
                openssl("req", "-new", "-key", key or own_key, "-subj", f"/CN={name}", "-out", request, "-config",
                        self.folder / "config")
                dates = (["-startdate", start] if start else []) + (["-enddate", end] if end else [])
                openssl("ca", "-config", self.folder / "config", "-batch", "-notext", "-in", request, "-out",
                        f"{cert}.new", "-extfile", config, "-md", md, *dates)
                pathlib.Path(f"{cert}.new").rename(cert)
        return Certificate(cert, key or own_key)

    def server(self, stem="server", names="DNS:good.test,DNS:localhost,IP:127.0.0.1,IP:::1", **options):
        return self.issue(stem, SERVER.format(names=names), **options)

    def client(self, stem="client", **options):
        return self.issue(stem, CLIENT, **options)

    def self_signed(self, stem="self-signed", names="DNS:good.test"):
        with self._locked():
            if not (self.folder / f"{stem}.pem").exists():
                self._make_key(stem, "ec")
                self._self_sign(stem, SERVER.format(names=names), "self")
        return Certificate(self.folder / f"{stem}.pem", self.folder / f"{stem}.key")

    def crl(self, *revoked):
        """The list of what this authority has revoked."""
        with self._locked():
            for certificate in revoked:
                subprocess.run(["openssl", "ca", "-config", self.folder / "config", "-revoke", certificate.cert],
                               capture_output=True)
            openssl("ca", "-config", self.folder / "config", "-gencrl", "-out", self.folder / "crl.pem")
        return self.folder / "crl.pem"


def server_context(certificate, client_ca=None, **options):
    """A server of Python's, which takes any certificate of its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(certificate.cert, certificate.key)
    if client_ca:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    for name, value in options.items():
        setattr(context, name, value)
    return context


def client_context(ca=None, certificate=None, **options):
    """A client of Python's; without authority it verifies nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca:
        context.load_verify_locations(ca)
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if certificate:
        context.load_cert_chain(certificate.cert, certificate.key)
    for name, value in options.items():
        setattr(context, name, value)
    return context


def accept(listener, context):
    """The next connection of a plain listener, after the handshake."""
    connection = listener.accept()
    return context.wrap_socket(connection, server_side=True, suppress_ragged_eofs=False)


def call(port, context, name="localhost"):
    """A connection to a port of this machine, after the handshake."""
    plain = socket.create_connection(("127.0.0.1", port), PATIENCE)
    return context.wrap_socket(plain, server_hostname=name, suppress_ragged_eofs=False)


def receive_all(connection):
    """All bytes until the close_notify; an end without one is an error of ssl."""
    chunks = []
    while data := connection.recv(65536):
        chunks.append(data)
    return b"".join(chunks)

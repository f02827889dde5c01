# SPDX-License-Identifier: GPL-3.0-or-later
# nix-build -E '(import <nixpkgs> { }).callPackage ./packaging/nix { }'
# Not tried: no nixpkgs was at hand; the expression is parsed only.
{
  lib,
  stdenv,
  cmake,
  cmocka,
  gettext,
  libseccomp,
  libuv,
  ncurses,
  openssl,
  pcre2,
  pkg-config,
  readline,
  utf8proc,
}:

stdenv.mkDerivation {
  pname = "tcpchat";
  version = "0.2.0";

  src = lib.cleanSource ../..;

  nativeBuildInputs = [ cmake gettext pkg-config ];
  buildInputs = [ libseccomp libuv ncurses openssl pcre2 readline utf8proc ];
  checkInputs = [ cmocka ];

  cmakeFlags = [
    "-DTCPCHAT_STATIC_LIBRARIES=OFF"
    "-DTCPCHAT_STATIC_READLINE=OFF"
    "-DTCPCHAT_TLS=ON"
    "-DTCPCHAT_PCRE2=ON"
    "-DTCPCHAT_SANDBOX=ON"
    "-DTCPCHAT_TESTS=ON"
  ];
  doCheck = true;

  meta = {
    description = "Netcat for people: TCP conversations that understand text";
    license = with lib.licenses; [ gpl3Plus bsd3 ];
    mainProgram = "tcpchat";
    platforms = lib.platforms.linux;
  };
}

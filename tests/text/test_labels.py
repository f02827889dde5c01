# SPDX-License-Identifier: GPL-3.0-or-later
"""The labels of the WHATWG Encoding Standard: each is a name of the standard's encoding, or is refused."""
import random

import pytest

import standard
from driver import LIBRARIES, admitted, refusal, stream

NARROW = {label: name for name, labels in standard.NARROW.items() for label in labels}
LABELS = standard.labels() | NARROW
MEANT = {label: name for label, name in LABELS.items() if name not in standard.REFUSED} | standard.FURTHER
REFUSED = [label for label, name in LABELS.items() if name in standard.REFUSED]
# Python has ISO 8859 and ASCII as their standards have them, not as browsers do.
CODECS = {"US-ASCII": "ascii", "ISO-8859-1": "iso8859_1", "ISO-8859-9": "iso8859_9", "ISO-8859-11": "iso8859_11",
          "UTF-8": "utf_8"}
SCRIPTS = "Ж中가あ€"  # most encodings lack some of these
NAMES = sorted(set(MEANT.values()))


def decoded(name, wire):
    return wire.decode(CODECS[name], "replace") if name in CODECS else standard.decode(name, wire)


def encoded(name, text):
    if name in CODECS:
        return text.encode(CODECS[name], "replace")
    return b"".join(standard.encode(name, ord(char)) or standard.encode(name, 0xFFFD) or b"?" for char in text)


def sample(name):
    """Bytes of all kinds, and text that the encoding has for the most part."""
    dice = random.Random(1)
    wire = bytes(byte for lead in range(0x80, 0x100) for byte in (lead, dice.randrange(0x40, 0x100), 0x0A, lead, 0x0A))
    return wire, "".join(char for char in decoded(name, wire) if encoded(name, char) != b"?") + SCRIPTS


def test_every_label_of_the_standard_is_named():
    assert len(standard.labels()) == 228
    assert set(standard.labels()) <= set(MEANT) | set(REFUSED)
    assert len(NARROW) == 27 and set(NARROW) <= set(standard.labels())


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", NAMES)
def test_labels_mean_the_encoding_of_the_standard(name, library):
    wire, text = sample(name)
    expected = decoded(name, wire).encode(), encoded(name, text)
    for label in [label for label, meant in MEANT.items() if meant == name]:
        assert stream(label, "utf-8", wire, LIBRARIES[library]) == expected[0], label
        assert stream("utf-8", label.upper(), text.encode(), LIBRARIES[library]) == expected[1], label


def test_encodings_are_told_apart_by_the_samples():
    """All but ISO-8859-8-I, which is the same in another direction."""
    different = {tuple(decoded(name, sample(other)[0]) for other in ("GBK", "Big5")) + (encoded(name, SCRIPTS),)
                 for name in NAMES}
    assert len(different) == len(NAMES) - 1


@pytest.mark.parametrize("label", REFUSED)
def test_labels_of_other_encodings_are_refused_with_a_sentence(label):
    assert not admitted([label])
    assert refusal(label).startswith(f"{label.upper()} does not carry ASCII as ASCII or has shift states")

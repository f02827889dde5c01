# SPDX-License-Identifier: GPL-3.0-or-later
"""Each step of docs/lesson*.md shows what the document says."""
import pytest

from lesson import LESSONS, agree, load

CHAPTERS = [(name, chapter) for name in LESSONS for chapter in load(name).chapters]


@pytest.mark.parametrize("name, chapter", CHAPTERS)
def test_steps_show_what_the_lesson_says(tmp_path, name, chapter):
    agree(load(name), chapter, LESSONS[name], tmp_path)

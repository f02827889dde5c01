# SPDX-License-Identifier: GPL-3.0-or-later
"""The torture uses the peers of the end-to-end tests."""
import os
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "e2e"))

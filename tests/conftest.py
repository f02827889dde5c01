# SPDX-License-Identifier: GPL-3.0-or-later
"""nohup and background jobs hand down ignored signals, which programs rightly keep ignored: here they
stay without effect, but what a test starts finds them at their default, as from a shell."""
import signal

for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, lambda *_: None)

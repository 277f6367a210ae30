"""Stands in for `arqon interactive` where a test needs one that misbehaves. The first word says how; the rest
is Arqon's.
"""

import json
import os
import signal
import sys
import time

FINE = {"ok": True, "best": None, "warnings": [], "pending": [], "ids": [0], "params": [{"x": 1}]}


def command(how):
    """The words that start it."""
    return [sys.executable, "-S", __file__, how]


def main(how):
    for count, _ in enumerate(sys.stdin):
        if count > 0:
            if how == "dies":
                sys.stderr.write("out of memory\n")
                sys.exit(7)
            if how == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            if how == "hangs":
                # Not even a polite end is listened to.
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                while True:
                    time.sleep(3600)
            if how == "interrupts" and count == 1:
                os.kill(os.getppid(), signal.SIGINT)
            if how == "interrupts":
                continue
            if how == "talks":
                print("npm notice: a new version of npm is there", flush=True)
                continue
            if how == "half":
                print('{"ids": [0], "params": [{"x": 1}]}', flush=True)
                continue
        print(json.dumps(FINE), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])

"""Segmenters that make trouble on purpose."""

import os
import signal
import time

from inference.methods.disk.segmenter import DiskSegmenter


class SlowSegmenter(DiskSegmenter):
    """Takes long enough for a test to kill the worker in the middle of a click."""

    def probabilities(self, patches, prompts):
        time.sleep(1.5)
        return super().probabilities(patches, prompts)


class DeadlySegmenter(DiskSegmenter):
    """Kills its worker each time, as a native library's crash would."""

    def probabilities(self, patches, prompts):
        os.kill(os.getpid(), signal.SIGKILL)

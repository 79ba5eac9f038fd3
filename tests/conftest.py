"""The surroundings of every test: no screen, no log noise, and nobody's real caches or settings."""

import atexit
import os
import shutil
import tempfile

from hypothesis import settings

_HOME = tempfile.mkdtemp(prefix="cnnviz-tests-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)

# Before anything imports Keras or Qt, and for the processes that tests start.
os.environ["KERAS_HOME"] = os.path.join(_HOME, "keras")
os.environ["XDG_CONFIG_HOME"] = os.path.join(_HOME, "config")
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# A slow machine is no fault of the code. Where a run decides something, it tries the same examples
# each time; at a desk, new ones.
settings.register_profile("cnnviz", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("cnnviz")

"""Where weights come from: what ships, and downloads from a server on this machine."""

import hashlib
import http.server
import inspect
import os
import threading
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pooch  # noqa: F401  (nobody may be unable to read the folder that Python lives in)
import pytest

from models import weights
from models.registry import WeightSource, find
from models.weights import WeightsError

CONTENT = np.random.default_rng(0).bytes(3_000_000)
MD5 = "md5:" + hashlib.md5(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/missing.h5":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[: len(CONTENT) // 2] if self.path == "/cut.h5" else CONTENT)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "keras" / "models"


def source(url, sha256=MD5):
    return WeightSource("keras", url, sha256, "imagenet")


def test_a_download_is_checked_reported_and_kept(server, cache):
    wanted = source(f"{server}/net.h5")
    assert not weights.is_here(wanted)
    seen = []
    path = weights.fetch(wanted, lambda done, total: seen.append((done, total)))
    assert path == cache / "net.h5"
    assert path.read_bytes() == CONTENT
    assert weights.is_here(wanted)
    assert [p.name for p in cache.iterdir()] == ["net.h5"]
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert seen == sorted(seen)
    assert 20 < len(seen) <= 202


def test_what_is_here_is_not_downloaded_again(cache):
    cache.mkdir(parents=True)
    (cache / "net.h5").write_bytes(CONTENT)
    assert weights.fetch(source("http://127.0.0.1:9/net.h5")) == cache / "net.h5"


def test_a_damaged_file_in_the_cache_is_replaced(server, cache):
    cache.mkdir(parents=True)
    (cache / "net.h5").write_bytes(b"half a file")
    assert weights.fetch(source(f"{server}/net.h5")).read_bytes() == CONTENT


def test_a_download_can_be_stopped_in_the_middle(server, cache):
    class Stop(Exception):
        pass

    done = 0

    def progress(so_far, _):
        nonlocal done
        done = so_far

    def checkpoint():
        if done > len(CONTENT) // 3:
            raise Stop

    with pytest.raises(Stop):
        weights.fetch(source(f"{server}/net.h5"), progress, checkpoint)
    assert len(CONTENT) // 3 < done < len(CONTENT)
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "sha256", "says"),
    [
        ("net.h5", "md5:" + "0" * 32, "came damaged from 127.0.0.1"),
        ("missing.h5", MD5, "does not hand out missing.h5"),
        ("cut.h5", MD5, "cannot be downloaded from 127.0.0.1"),
        ("cut.h5", None, "cannot be downloaded from 127.0.0.1"),
    ],
)
def test_a_failed_download_says_why_and_leaves_nothing(server, cache, name, sha256, says):
    with pytest.raises(WeightsError) as error:
        weights.fetch(source(f"{server}/{name}", sha256))
    assert says in str(error.value)
    assert "\n" not in str(error.value)
    assert list(cache.iterdir()) == []


def test_offline(cache):
    with pytest.raises(WeightsError, match="connect to the internet"):
        weights.fetch(source("http://127.0.0.1:9/net.h5"))
    assert list(cache.iterdir()) == []


def test_a_cache_that_cannot_be_written(server, cache):
    cache.parent.write_text("a file where the folder should be")
    with pytest.raises(WeightsError, match="cannot be written"):
        weights.fetch(source(f"{server}/net.h5"))


@pytest.fixture
def ordinary_user():
    """Root may write anywhere: be nobody for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions of POSIX")
def test_a_cache_without_permission(server, cache, ordinary_user, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", "/")
    with pytest.raises(WeightsError, match=r"cannot be written \(permission denied\)"):
        weights.fetch(source(f"{server}/net.h5"))


def test_the_cache_is_keras_own(monkeypatch, tmp_path):
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    path = weights.local_path(weights.source_of(find("vgg16"), "imagenet"))
    assert path == tmp_path / ".keras/models/vgg16_weights_tf_dim_ordering_tf_kernels.h5"


def test_urls_and_hashes_are_those_that_keras_publishes():
    """Read from the sources of the installed Keras, which are what downloads would use."""
    modules = {
        "vgg16": keras.applications.VGG16,
        "resnet50": keras.applications.ResNet50,
        "mobilenet": keras.applications.MobileNet,
    }
    for id_, application in modules.items():
        text = Path(inspect.getsourcefile(application)).read_text().replace('"\n    "', "")
        published = weights.source_of(find(id_), "imagenet")
        folder = published.location.rsplit("/", 1)[0]
        assert folder in text
        if published.sha256:
            assert published.sha256.removeprefix("md5:") in text


def test_offered():
    assert weights.offered(find("vgg16")) == ("imagenet", "random")
    assert weights.offered(find("lenet5_modern")) == ("shipped", "random")
    assert weights.offered(find("alexnet")) == ("random",)


def test_a_kind_that_is_not_there():
    with pytest.raises(WeightsError, match="no imagenet weights of AlexNet"):
        weights.source_of(find("alexnet"), "imagenet")


def test_a_shipped_file_that_is_missing():
    gone = replace(source("gone.weights.h5"), kind="shipped")
    with pytest.raises(WeightsError, match="is missing: install cnnviz again"):
        weights.fetch(gone)

"""Bytes that are frozen: kept once, under their own digest, and hashed again whenever they are
read.
"""

import hashlib
from threading import Barrier, Thread

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from ceremony.actions.manifest import all_frozen, freeze, frozen, refuse_unfrozen
from ceremony.actions.record import recording
from ceremony.errors import Tampered
from ceremony.models import Blob
from tests.core.test_manifest import sample

pytestmark = pytest.mark.usefixtures("control")


def digest(data):
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def keep(*files):
    with recording():
        freeze({digest(data): data for data in files})


@given(data=st.lists(st.binary(max_size=200), max_size=5))
def test_any_bytes_come_back_as_they_were(data):
    keep(*data)
    assert all_frozen({digest(one) for one in data}) == {digest(one): one for one in data}


def test_the_same_bytes_are_kept_once():
    keep(b"SELECT 1;\n")
    keep(b"SELECT 1;\n", b"SELECT 2;\n")
    assert sorted(Blob.objects.values_list("digest", "size")) == sorted(
        [(digest(b"SELECT 1;\n"), 10), (digest(b"SELECT 2;\n"), 10)]
    )


def test_bytes_under_another_digest_are_refused_and_nothing_is_kept():
    with pytest.raises(Tampered) as refused, recording():
        freeze({digest(b"a"): b"a", digest(b"b"): b"other"})
    assert refused.value.code == "frozen-differs"
    assert not Blob.objects.exists()


def test_a_thousand_files_cost_one_question_and_one_copy(django_assert_num_queries):
    files = {digest(b"%d" % number): b"%d" % number for number in range(3000)}
    with recording(), django_assert_num_queries(1):
        freeze(files)
    assert Blob.objects.count() == 3000


def test_two_who_freeze_the_same_at_once_come_one_after_another():
    files = [b"%d" % number for number in range(500)]
    ready, failed = Barrier(4), []

    def work():
        try:
            ready.wait(timeout=10)
            keep(*files)
        except BaseException as error:
            failed.append(error)
            raise
        finally:
            connection.close()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert (failed, Blob.objects.count()) == ([], 500)


def test_what_is_not_there_is_missed():
    manifest = sample()
    with pytest.raises(Tampered) as refused:
        refuse_unfrozen(manifest)
    missing = min({*(file.digest for file in manifest.files), manifest.checklists})
    assert (refused.value.code, refused.value.happened) == (
        "frozen-missing",
        f"No bytes are frozen under {missing}.",
    )


def test_bytes_that_were_changed_by_other_hands_are_found():
    keep(b"SELECT 1;\n", b"SELECT 2;\n")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ceremony_blob DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE ceremony_blob SET data = '\\x00' WHERE digest = %s", [digest(b"SELECT 1;\n")]
        )
        cursor.execute("ALTER TABLE ceremony_blob ENABLE TRIGGER USER")
    with pytest.raises(Tampered) as refused:
        frozen(digest(b"SELECT 1;\n"))
    assert refused.value.code == "frozen-differs"
    assert frozen(digest(b"SELECT 2;\n")) == b"SELECT 2;\n"

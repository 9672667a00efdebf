"""Who wrote the files, as git tells it."""

import subprocess

import pytest

from ceremony.sources.git import commit_of, committers_of


def git(folder, *words, **who):
    names = {"GIT_AUTHOR_NAME": "", "GIT_AUTHOR_EMAIL": "", **who}
    subprocess.run(
        ["git", "-C", str(folder), *words],
        check=True,
        timeout=20,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), **{k: v for k, v in names.items() if v}},
    )


@pytest.fixture
def checkout(tmp_path):
    """Two files, by different people; the folder of series is below the checkout."""
    root = tmp_path / "repository" / "sql"
    (root / "shop").mkdir(parents=True)
    git(root.parent, "init", "-q")
    write(root, "shop/0001_a.sql", "SELECT 1;\n", "Lena K", "lena@example.org", "Tom", "tom@x.org")
    write(
        root, "shop/0002_b.sql", "SELECT 2;\n", "Ida", "ida@example.org", "Ida", "ida@example.org"
    )
    return root


def write(root, path, text, author, address, committer, mail, message="change"):
    (root / path).write_text(text)
    git(root.parent, "add", "-A")
    git(
        root.parent,
        "commit",
        "-q",
        "-m",
        message,
        GIT_AUTHOR_NAME=author,
        GIT_AUTHOR_EMAIL=address,
        GIT_COMMITTER_NAME=committer,
        GIT_COMMITTER_EMAIL=mail,
    )


def test_authors_and_committers_of_the_files_asked_for_and_of_no_other(checkout):
    assert committers_of(checkout, ["shop/0001_a.sql"]) == (
        "Lena K",
        "Tom",
        "lena@example.org",
        "tom@x.org",
    )
    assert committers_of(checkout, ["shop/0002_b.sql"]) == ("Ida", "ida@example.org")


def test_everybody_who_ever_changed_a_file(checkout):
    write(checkout, "shop/0001_a.sql", "SELECT 3;\n", "Uwe", "uwe@x.org", "Uwe", "uwe@x.org")
    assert set(committers_of(checkout, ["shop/0001_a.sql"])) > {"Uwe", "Lena K"}


def test_whom_a_commit_names_besides(checkout):
    message = "change\n\nCo-authored-by: Pia <pia@example.org>\n"
    write(
        checkout, "shop/0003_c.sql", "SELECT 3;\n", "Uwe", "uwe@x.org", "Uwe", "uwe@x.org", message
    )
    assert "Pia <pia@example.org>" in committers_of(checkout, ["shop/0003_c.sql"])


@pytest.mark.parametrize("path", ["shop/*.sql", ":(exclude)shop/x", ":/", "--all", "HEAD"])
def test_a_path_is_a_path_and_no_pattern_or_flag(checkout, path):
    assert committers_of(checkout, [path]) == ()


def test_many_paths(checkout):
    paths = [
        f"shop/{number:04}_no_such_file_with_a_rather_long_name.sql" for number in range(20_000)
    ]
    assert committers_of(checkout, [*paths, "shop/0002_b.sql"]) == ("Ida", "ida@example.org")


def test_names_in_another_encoding_do_not_matter(checkout):
    git(checkout.parent, "config", "i18n.commitEncoding", "latin1")
    write(checkout, "shop/0004_d.sql", "SELECT 4;\n", "J\udcf6rg", "j@x.org", "J", "j@x.org")
    assert "j@x.org" in committers_of(checkout, ["shop/0004_d.sql"])


def test_where_git_knows_nothing_nobody_is_made_up(checkout, tmp_path):
    (checkout / "shop" / "0005_e.sql").write_text("SELECT 5;\n")
    assert committers_of(checkout, ["shop/0005_e.sql"]) == ()
    assert committers_of(checkout, []) == ()
    assert committers_of(tmp_path, ["shop/0001_a.sql"]) == ()
    assert commit_of(tmp_path) == ""


def test_the_commit_of_a_folder(checkout):
    clean = commit_of(checkout / "shop")
    assert len(clean) == 40
    (checkout / "shop" / "0005_e.sql").write_text("SELECT 5;\n")
    assert commit_of(checkout / "shop") == f"{clean}+"

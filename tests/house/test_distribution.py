"""The wheel and the sdist hold what an installation needs; the wheel works without the checkout."""

import subprocess
import sys
import sysconfig
import tarfile
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.house.checkout import ROOT

RENDER = """
import sys
from pathlib import Path
import django
from django.conf import settings
import ceremony

assert Path(ceremony.__file__).is_relative_to(sys.prefix), ceremony.__file__
settings.configure(
    INSTALLED_APPS=["django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes",
                    "django.contrib.messages", "ceremony"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
)
django.setup()
from django.template.loader import get_template
template = get_template(sys.argv[1])
assert Path(template.origin.name).is_relative_to(sys.prefix), template.origin.name
print(template.render({}))
"""


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The folder of a wheel and an sdist, built from a copy of what git would hand out."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        capture_output=True,
        check=True,
    )
    return folder


def templates():
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / "templates").rglob("*.html"))


def test_the_wheel_holds_the_app_and_its_templates_and_nothing_else(built):
    (wheel,) = built.glob("*.whl")
    names = set(ZipFile(wheel).namelist())
    sources = {str(p.relative_to(ROOT)) for p in (ROOT / "ceremony").rglob("*.py")}
    assert sources <= names
    assert {f"ceremony/{name}" for name in templates()} <= names
    assert "ceremony/py.typed" in names
    assert {name.split("/")[0] for name in names} == {"ceremony", "ceremony-0.1.0.dist-info"}


def test_the_sdist_holds_the_whole_project(built):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.removeprefix("ceremony-0.1.0/") for name in archive.getnames()}
    tops = {"manage.py", "Makefile", "requirements.lock", "LICENSE", "README.md", ".ci/run"}
    assert tops <= names
    for folder in ("migrations_sql", "project", "tests", "templates", "ceremony"):
        assert any(name.startswith(f"{folder}/") for name in names), folder
    assert not any(name.startswith((".venv", ".state")) for name in names)


def test_the_wheel_installed_elsewhere_renders_one_of_our_templates(built, tmp_path):
    (wheel,) = built.glob("*.whl")
    environment = tmp_path / "empty"
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    site = Path(sysconfig.get_path("purelib", vars={"base": str(environment)}))
    subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet",
         "--no-deps", "--no-index", "--target", str(site), str(wheel)],
        check=True,
    )  # fmt: skip
    # The dependencies are those of the running environment; a .pth line comes after the wheel.
    (site / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    # These settings have no addresses, and this template has no links.
    chosen = "templates/ceremony/partials/findings.html"
    done = subprocess.run(
        [python, "-c", RENDER, chosen.removeprefix("templates/")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()

"""environment.yml says for conda what pyproject.toml says for pip, word for word."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

yaml = pytest.importorskip("yaml", reason="PyYAML, of the extra dev, is not installed")

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
CONDA = [entry for entry in ENVIRONMENT["dependencies"] if isinstance(entry, str)]


def bounds(requirements: list[str]) -> dict[str, SpecifierSet]:
    """Map each package to its bounds; conda's dask brings what pip calls dask[distributed]."""
    parsed = map(Requirement, requirements)
    return {requirement.name: requirement.specifier for requirement in parsed}


def test_all_is_every_extra_but_the_developers():
    (everything,) = map(Requirement, EXTRAS["all"])

    assert everything.name == PROJECT["name"]
    assert everything.extras == EXTRAS.keys() - {"all", "dev"}


def test_names_and_bounds_are_those_of_pyproject():
    runtime = [
        requirement
        for extra, requirements in EXTRAS.items()
        if extra not in ("all", "dev")
        for requirement in requirements
    ]
    expected = bounds(PROJECT["dependencies"] + runtime)
    expected["python"] = SpecifierSet(PROJECT["requires-python"])
    expected["pip"] = SpecifierSet()

    assert expected == bounds(CONDA)


def test_one_package_has_one_bound():
    """A package in several extras would otherwise be held by only the last of them."""
    stated = [*PROJECT["dependencies"], *(r for extra in EXTRAS.values() for r in extra)]
    distinct = {(r.name, str(r.specifier)) for r in map(Requirement, stated)}

    assert sorted(distinct) == sorted({name: (name, bound) for name, bound in distinct}.values())


@pytest.mark.parametrize("extra", ["core", *sorted(EXTRAS.keys() - {"all"})])
def test_every_dependency_has_a_floor(extra):
    stated = PROJECT["dependencies"] if extra == "core" else EXTRAS[extra]

    for requirement in map(Requirement, stated):
        assert [">="] == [bound.operator for bound in requirement.specifier], requirement


def test_pip_installs_the_package_with_all_extras():
    (pip,) = [entry for entry in ENVIRONMENT["dependencies"] if isinstance(entry, dict)]

    assert {"pip": ["-e .[all]"]} == pip


@pytest.mark.parametrize("spec", CONDA)
def test_conda_understands_each_spec(spec):
    rattler = pytest.importorskip("rattler", reason="py-rattler is not installed")

    assert spec.split()[0] == rattler.MatchSpec(spec, strict=True).name.normalized

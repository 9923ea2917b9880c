"""Sentences in other languages.

English is what stands in the source, and needs nothing. Another language is a gettext catalogue in `locale`, asked by
the English template: what fills its places is put in afterwards, so a value from a capture is never looked up and never
taken for a part of the sentence. `gettext` is imported when somebody asks for another language than English.
"""

from __future__ import annotations

from functools import cache, lru_cache
from string import Formatter
from typing import TYPE_CHECKING, Literal, get_args

from tlsparse.errors import UsageError
from tlsparse.terminal import plain, width

if TYPE_CHECKING:
    from gettext import NullTranslations

Language = Literal["en", "zh"]

LANGUAGES: tuple[Language, ...] = get_args(Language)

ENGLISH: Language = "en"


def find_language(name: str) -> Language:
    """Return a language by its name.

    Raises
    ------
    UsageError
        If there is no such language.
    """
    for language in LANGUAGES:
        if name == language:
            return language
    raise UsageError(f"there is no language {name!r}; there are {', '.join(LANGUAGES)}")


def translate(template: str, language: str = ENGLISH) -> str:
    """Return a fixed text, or the template of a sentence, in a language.

    Parameters
    ----------
    template
        As it stands in the source, in English, with its places: ``"{server} never answered."``.
    language
        One of `LANGUAGES`.

    Returns
    -------
    str
        The same with the same places; in English where the catalogue lacks it.

    Raises
    ------
    UsageError
        If there is no such language.
    """
    if language == ENGLISH or not template:
        return template
    return _catalogue(find_language(language)).gettext(template)


@cache
def _catalogue(language: Language) -> NullTranslations:
    from gettext import GNUTranslations
    from importlib import resources

    folder = resources.files("tlsparse").joinpath("locale", language, "LC_MESSAGES")
    with folder.joinpath("tlsparse.mo").open("rb") as file:
        return GNUTranslations(file)


class Phrase(str):
    """A text in our own words, as a value of a sentence: a side, a step, a fault of a certificate.

    It is the English text, and can be said in other languages: ``Phrase("it allows {most} at most", most=3)``. A value
    from a capture is a plain `str`, and stays what it is.
    """

    __slots__ = ("template", "values")

    template: str
    values: dict[str, object]

    def __new__(cls, template: str, /, **values: object) -> Phrase:
        """Fill the places of a template."""
        phrase = super().__new__(cls, fill(template, values, ENGLISH) if values else template)
        phrase.template, phrase.values = template, values
        return phrase

    def say(self, language: str) -> str:
        """Return it in a language."""
        if not self.values:
            return translate(self.template, language)
        return fill(self.template, self.values, language)


@lru_cache(maxsize=512)
def phrase_of(code: str) -> Phrase:
    """Return an id of ours in words: a side, a step, an outcome, a kind of fault (``client_certificate``)."""
    return Phrase(code.replace("_", " "))


def say_code(code: str, language: str) -> str:
    """Return an id of ours as it is printed: in English itself, since it is what the tables have; else in words."""
    return code if language == ENGLISH else phrase_of(code).say(language)


def fill(template: str, values: dict[str, object], language: str) -> str:
    """Say a template with its values in a language.

    A value that can be said in languages is; several of them are a list. Text from a capture comes without control
    characters.
    """
    said = {name: _said(value, language) for name, value in values.items()}
    if language == ENGLISH:
        return template.format_map(said)
    return _set_close(translate(template, language), said)


def _set_close(template: str, said: dict[str, object]) -> str:
    """Fill the places of a Chinese template: a space beside a place is only for a name or number that fills it."""
    text = ""
    for literal, name, spec, _ in Formatter().parse(template):
        text += literal[1:] if literal[:1] == " " and width(text[-1:]) == 2 else literal
        if name is not None:
            value = format(said[name], spec or "")
            text = (text[:-1] if text[-1:] == " " and width(value[:1]) == 2 else text) + value
    return text


def _said(value: object, language: str) -> object:
    """Return a value as it stands in a sentence: numbers as they are, so that a template may format them."""
    if type(value) is str:
        return plain(value)
    if type(value) is int or type(value) is float:
        return value
    if type(value) is tuple:  # an endpoint is one, too, and writes itself
        return translate(", ", language).join(str(_said(one, language)) for one in value)
    say = getattr(value, "say", None)
    return plain(str(value) if say is None else say(language))

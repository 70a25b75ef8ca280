"""Read and check a study file: every fault at once, in our words."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from tipping_point.study.sections import CRIME, Incidents, Section, Sources, Study
from tipping_point.study.values import Allowed, OneOf
from tipping_point.tables import InputError

LARGEST = 1_000_000
"""Bytes of a study file, at most: one of thousands of ward codes has a tenth of that."""
_LONGEST = 60
"""Characters of a name that are looked at for one like it, and shown of a value."""

Loc = tuple[int | str, ...]


def read_study(path: Path | str, *, must_exist: bool = True) -> Study:
    """Read and check a study file.

    Args:
        path: the study file.
        must_exist: False where the files that it names may still be fetched.

    Raises:
        InputError: every fault of the file: an unknown section or key (with the valid ones), a value of the wrong
            type or out of range, a path that does not exist.

    >>> tp.read_study(demo.study).areas.max_wards
    5
    """
    path = Path(path)
    text = _read_text(path)
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{path.name}: not a study file (TOML): {error}") from None
    try:
        return check_document(document, folder=path.parent, must_exist=must_exist).from_file(path, text)
    except InputError as error:
        raise InputError([f"{path.name}: {fault}" for fault in error.faults]) from None


def check_document(document: dict[str, Any], *, folder: Path, must_exist: bool) -> Study:
    """The study of a TOML document that was read; its relative paths are of `folder`.

    Raises:
        InputError: every fault.
    """
    try:
        return Study.model_validate(document, context={"folder": folder, "must_exist": must_exist})
    except ValidationError as error:
        faults = [fault for each in error.errors(include_url=False) for fault in _say(each, document)]
        raise InputError(dict.fromkeys(faults)) from None


def write_schema() -> str:
    """The JSON Schema of the study file, by which editors complete and check it."""
    schema = Study.model_json_schema()
    schema["title"] = "tipping-point study file"
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _read_text(path: Path) -> str:
    try:
        if not path.is_file():
            raise InputError(f"{path}: there is no such study file")
        if path.stat().st_size > LARGEST:
            raise InputError(f"{path.name}: {path.stat().st_size:,} bytes; a study file has at most {LARGEST:,}")
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name}: not a study file (TOML): {error}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


# -------------------------------------------------------------------------------------------------- what is wrong


def _say(error: ErrorDetails, document: dict[str, Any]) -> Iterator[str]:
    """The sentences of one fault that pydantic found."""
    loc = _without_kind(error["loc"])
    model, key, field, inner = _find(loc)
    if len(loc) < len(error["loc"]) and not inner and len(loc) == 4:
        model = CRIME[str(error["loc"][3])]
        field = model.model_fields.get(key)
    label, cause = _label(loc, document), error.get("ctx", {}).get("error")
    where = f"[{label}] {key}" if label else f"[{key}]"
    if isinstance(cause, InputError):
        yield from _say_own(cause, loc, where, document)
    elif error["type"] == "extra_forbidden":
        yield _say_unknown(loc, model, where, document)
    elif error["type"].startswith("union_tag"):
        given = _at(document, loc)
        yield _say_value(f"[{_label((*loc, 'kind'), document)}] kind", given.get("kind"), f"one of {', '.join(CRIME)}")
    elif error["type"] == "missing":
        yield from _say_missing(model, key, field, where)
    elif error["type"] in ("model_type", "model_attributes_type", "tuple_type", "dict_type") and _is_section(field):
        entries = field is not None and get_origin(field.annotation) is tuple and not inner
        yield (f"[{label}.{key}]" if label else f"[{key}]") + (
            ": must be a list of entries, each under its own heading" if entries else ": must be a section"
        )
    else:
        yield _say_value(where, _at(document, loc[: len(loc) - len(inner)]), _words(field))


def _say_own(cause: InputError, loc: Loc, where: str, document: dict[str, Any]) -> Iterator[str]:
    """What a check of ours found, with the place where it looked."""
    of_key = _is_key(loc)
    for fault in cause.faults:
        if of_key:
            entry = _at(document, loc[:-1])
            fetched = "does not exist" in fault and isinstance(entry, dict) and "dataset" in entry
            yield f"{where}: {fault}" + ("; `tipping-point fetch` brings it" if fetched else "")
        elif loc[:1] == ("sources",) and len(loc) > 1:
            yield f"[{_label((*loc, ''), document)}] {fault}"
        else:
            yield fault


def _say_value(where: str, given: Any, words: str) -> str:  # noqa: ANN401 - a TOML value is anything
    if given is None:
        return f"{where}: is missing; it must be {words}"
    shown = repr(given)
    return f"{where}: {shown if len(shown) <= _LONGEST else shown[:_LONGEST] + '…'} was given; it must be {words}"


def _say_missing(model: type[Section], key: str, field: FieldInfo | None, where: str) -> Iterator[str]:
    if model is Study and key == "sources":
        needed = [name for name, each in Sources.model_fields.items() if each.is_required()]
        yield f"[sources]: is missing; a study needs {', '.join(needed)}"
    elif model is Study:
        section = _model_of(field)
        for name, each in section.model_fields.items() if section else ():
            if each.is_required():
                yield f"[{key}] {name}: is missing; it must be {_words(each)}"
    elif model is Sources:
        yield f"[sources.{key}]: is missing; give its path"
    else:
        yield f"{where}: is missing; it must be {_words(field)}"


def _say_unknown(loc: Loc, model: type[Section], where: str, document: dict[str, Any]) -> str:
    key = str(loc[-1])
    entry = _at(document, loc[:-1])
    if loc[:2] == ("sources", "crime") and key in Incidents.model_fields and isinstance(entry, dict):
        return f'{where}: is for kind = "incidents"; the kind is "{entry.get("kind")}"'
    known = list(model.model_fields)
    near = get_close_matches(key[:_LONGEST], known, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    shown = where if len(key) <= _LONGEST else where.replace(key, key[:_LONGEST] + "…")
    return f"{shown}: unknown {'section' if model is Study else 'key'}{hint} Valid: {', '.join(known)}"


# ------------------------------------------------------------------------------------------------ where it stands


def _without_kind(loc: Loc) -> Loc:
    """The place of a fault without the kind by which pydantic tells the crime sources apart."""
    return (*loc[:3], *loc[4:]) if loc[:2] == ("sources", "crime") and loc[3:4] and loc[3] in CRIME else loc


def _find(loc: Loc) -> tuple[type[Section], str, FieldInfo | None, Loc]:
    """The model and key of a place, and what of the place lies within the key's value."""
    model: type[Section] = Study
    for number, part in enumerate(loc):
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        if field is None and (model, loc[:2]) == (Sources, ("sources", "crime")):
            continue
        section = _model_of(field)
        rest = loc[number + 1 :]
        if section is None or not [each for each in rest if isinstance(each, str)]:
            return model, part, field, rest if section is None else rest[1:]
        model = section
    return model, str(loc[-1]) if loc else "", None, ()


def _model_of(field: FieldInfo | None) -> type[Section] | None:
    """The section, or the entry of a list, that a key holds; None where it holds a value."""
    if field is None:
        return None
    kinds = [each for each in _leaves(field.annotation) if isinstance(each, type) and issubclass(each, Section)]
    kinds = [each for each in kinds if not each.__name__.startswith("_")]
    return kinds[-1] if kinds else None


def _leaves(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - a type hint is anything
    inner = get_args(annotation)
    if not inner:
        yield annotation
    for each in inner:
        yield from _leaves(each)


def _is_section(field: FieldInfo | None) -> bool:
    return _model_of(field) is not None


def _is_key(loc: Loc) -> bool:
    """Whether a place is that of a key, not of a section or an entry."""
    model, key, field, _ = _find(loc)
    return bool(loc) and isinstance(loc[-1], str) and not _is_section(field) and key == loc[-1] and model is not Study


def _label(loc: Loc, document: dict[str, Any]) -> str:
    """The heading under which a key stands: 'hotspots', 'sources.crime no. 2'."""
    parts: list[str] = []
    number = ""
    for depth, part in enumerate(loc[:-1] if loc and isinstance(loc[-1], str) else loc):
        if isinstance(part, str):
            parts.append(part)
        elif not number:
            entries = _at(document, loc[:depth])
            shown = isinstance(entries, list) and (len(entries) > 1 or loc[0] != "sources")
            number = f" no. {part + 1}" if shown else ""
    return ".".join(parts[:2]) + number


def _at(document: Any, loc: Loc) -> Any:  # noqa: ANN401 - a TOML value is anything
    """What stands at a place of the document; None where nothing does."""
    for part in loc:
        if isinstance(document, dict):
            document = document.get(part) if part != 0 else document
        elif isinstance(document, list) and isinstance(part, int) and part < len(document):
            document = document[part]
        else:
            return None
    return document


def _words(field: FieldInfo | None) -> str:
    """What a key may hold."""
    found = [each.words for each in (field.metadata if field else ()) if isinstance(each, Allowed | OneOf)]
    if field is not None and not found:
        found = [each.words for each in _annotations(field.annotation) if isinstance(each, Allowed | OneOf)]
    return found[-1] if found else "of another type"


def _annotations(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - a type hint is anything
    yield from getattr(annotation, "__metadata__", ())
    for each in get_args(annotation):
        yield from _annotations(each)

"""What one key of the study file may hold: types that say so in our own words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, Strict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True)
class Allowed:
    """The words for what a key may hold: 'it must be …'."""

    words: str


@dataclass(frozen=True)
class OneOf:
    """A text that is one of some names."""

    names: tuple[str, ...]
    more: str = ""
    """Said after the names."""

    @property
    def words(self) -> str:
        """The words for what a key may hold."""
        return f"one of {', '.join(self.names)}{self.more}"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401
        """Check a text against the names."""
        return core_schema.no_info_after_validator_function(self._check, core_schema.str_schema(strict=True))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The names as an enumeration, which editors complete."""
        return {"type": "string", "enum": list(self.names)}

    def _check(self, value: str) -> str:
        if value not in self.names:
            raise ValueError(self.words)
        return value


def _test(passes: Callable[[Any], bool]) -> AfterValidator:
    def check(value: Any) -> Any:  # noqa: ANN401 - whatever the type before it lets through
        if not passes(value):
            raise ValueError("not allowed")
        return value

    return AfterValidator(check)


def _no_bool(value: Any) -> Any:  # noqa: ANN401 - a TOML value is anything
    if isinstance(value, bool):
        raise ValueError("not a number")
    return value


def to_tuple(value: Any) -> Any:  # noqa: ANN401 - a TOML value is anything
    """A list as a tuple; nothing else is one."""
    if not isinstance(value, list | tuple):
        raise ValueError("not a list")
    return tuple(value)


_Str = Annotated[str, Strict()]
Text = Annotated[str, Strict(), _test(lambda value: value.strip() != ""), Allowed("a text")]
Texts = Annotated[tuple[_Str, ...], BeforeValidator(to_tuple), Allowed("a list of texts")]
Flag = Annotated[bool, Strict(), Allowed("true or false")]
Count = Annotated[int, Strict(), Field(ge=0), Allowed("a whole number, 0 or more")]
Positive = Annotated[int, Strict(), Field(gt=0), Allowed("a whole number above 0")]
Share = Annotated[float, BeforeValidator(_no_bool), Strict(), Field(gt=0, le=1), Allowed("a share above 0, up to 1")]
Weight = Annotated[float, BeforeValidator(_no_bool), Strict(), Field(gt=0, allow_inf_nan=False),
                   Allowed("a number above 0")]  # fmt: skip
NotNegative = Annotated[float, BeforeValidator(_no_bool), Strict(), Field(ge=0, allow_inf_nan=False),
                        Allowed("a number of 0 or more")]  # fmt: skip
Level = Annotated[float, BeforeValidator(_no_bool), Strict(), Field(gt=0, lt=0.5),
                  Allowed("a number above 0 and below 0.5")]  # fmt: skip
Permutations = Annotated[int, Strict(), Field(ge=99), Allowed("a whole number, 99 or more")]
WardYear = Annotated[int, Strict(), Field(ge=2011, le=2100), Allowed("a year, 2011 to 2100")]
Year = Annotated[int, Strict(), Field(ge=2000, le=2100), Allowed("a year, 2000 to 2100")]
Month = Annotated[str, Strict(), _test(lambda value: bool(re.fullmatch(r"(20)\d\d-(0[1-9]|1[0-2])", value))),
                  Field(json_schema_extra={"pattern": r"^20\d\d-(0[1-9]|1[0-2])$"}),
                  Allowed("a month as text, YYYY-MM")]  # fmt: skip
Weights = Annotated[dict[_Str, NotNegative], _test(bool),
                    Allowed("a table of crime type = weight (a number of 0 or more)")]  # fmt: skip
Roles = Annotated[dict[_Str, Annotated[_Str, _test(bool)]], _test(bool), Allowed("a table of role = column")]
Groups = Annotated[dict[_Str, Annotated[_Str, _test(bool)]], _test(bool), Allowed("a table of offence = group")]
Cells = Annotated[dict[_Str, _Str], _test(bool), Allowed("a table of column = cell, both texts")]
_Number = Annotated[float, BeforeValidator(_no_bool), Strict(), Field(allow_inf_nan=False)]
Range = Annotated[tuple[_Number, _Number], BeforeValidator(to_tuple),
                  _test(lambda value: 0 <= value[0] < value[1]),
                  Allowed("two numbers, least and most residents")]  # fmt: skip

"""Go for papermill: writes parameters as Go code, and reads them from the cell tagged "parameters".

papermill asks all engines of the entry point group papermill.engine to load themselves; that is when this
module registers its translator. The engine is papermill's own.

A parameter is assigned, not declared, so that it keeps the type which the notebook's "parameters" cell gave
it: with `rate := 0.5` there, `-p rate 1` stays a float64.
"""

import json
import math
import re

from papermill.engines import NBClientEngine as Engine  # noqa: F401 (the entry point)
from papermill.models import Parameter
from papermill.translators import Translator, papermill_translators


class GoTranslator(Translator):
    @classmethod
    def translate_none(cls, val):
        return "nil"

    @classmethod
    def translate_escaped_str(cls, val):
        # JSON's escapes are Go's too. Go takes no byte order mark inside a source file.
        return json.dumps(str(val), ensure_ascii=False).replace("\ufeff", "\\ufeff")

    @classmethod
    def translate_float(cls, val):
        if math.isnan(val):
            return "math.NaN()"
        if math.isinf(val):
            return "math.Inf(1)" if val > 0 else "math.Inf(-1)"
        return repr(val)

    @classmethod
    def element(cls, values):
        """The Go type of all values."""
        kinds = {type(v) for v in values}
        for kinds_of, name in (({bool}, "bool"), ({str}, "string"), ({int}, "int"), ({int, float}, "float64")):
            if kinds and kinds <= kinds_of:
                return name
        if kinds == {list}:
            inner = {cls.element(v) for v in values if v} or {"any"}
            return "[]" + (inner.pop() if len(inner) == 1 else "any")
        return "any"

    @classmethod
    def literal(cls, val, kind):
        """A value as an element of a composite literal whose elements are of that type."""
        if kind.startswith("[]"):
            return kind + "{" + ", ".join(cls.literal(v, kind[2:]) for v in val) + "}"
        return cls.translate(val)

    @classmethod
    def translate_list(cls, val):
        return cls.literal(val, "[]" + cls.element(val))

    @classmethod
    def translate_dict(cls, val):
        kind = cls.element(list(val.values()))
        pairs = (f"{cls.translate_str(str(k))}: {cls.literal(v, kind)}" for k, v in val.items())
        return f"map[string]{kind}{{{', '.join(pairs)}}}"

    @classmethod
    def comment(cls, text):
        return f"// {text}".strip()

    DECLARATION = re.compile(
        r"^\s*(?:var\s+(?P<var>\w+)(?:\s+(?P<type>[^=/]+?))?\s*=|(?P<short>\w+)\s*:=)\s*"
        r"(?P<value>\"(?:[^\"\\]|\\.)*\"|`[^`]*`|[^/]*?)\s*(?://\s*(?P<help>.*))?$"
    )

    @classmethod
    def inspect(cls, parameters_cell):
        """What `papermill --help-notebook` lists: the declarations of one line each."""
        found = []
        for line in parameters_cell["source"].splitlines():
            m = cls.DECLARATION.match(line)
            if m:
                found.append(
                    Parameter(
                        name=m["var"] or m["short"],
                        inferred_type_name=m["type"] or "None",
                        default=m["value"],
                        help=m["help"] or "",
                    )
                )
        return found


papermill_translators.register("go", GoTranslator)

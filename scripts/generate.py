"""Writes what is derived from `pairlog/events.py`; `--check` only tells whether it is fresh."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pairlog.events import OBSERVABLE, TYPES
from pairlog.schema import event_schema, json_schema

ROOT = Path(__file__).resolve().parent.parent


def schema() -> str:
    return json.dumps(json_schema(), indent=1) + "\n"


def type_of(schema: dict[str, Any]) -> str:
    """A property's type as TypeScript writes it."""
    if "enum" in schema:
        return " | ".join(f'"{word}"' for word in schema["enum"])
    if "prefixItems" in schema:
        return f"[{', '.join(type_of(item) for item in schema['prefixItems'])}]"
    kind = schema.get("type")
    if kind == "array":
        return f"Array<{type_of(schema['items'])}>"
    if kind == "object":
        return f"Record<string, {type_of(schema['additionalProperties'])}>"
    return {"integer": "number", "number": "number", "string": "string", "boolean": "boolean"}.get(
        kind or "", "unknown"
    )


def typescript() -> str:
    parts = ["// Generated from pairlog/events.py by `make gen`. What a client may send: docs/protocol.md."]
    names = []
    for cls in OBSERVABLE:
        described = event_schema(cls)
        names_doc = "doc" in described["required"]
        rows = [f'  type: "{cls.type}";']
        for name, field in described["properties"].items():
            if name in ("type", "seq", "t"):
                continue
            name, kind = ("uri", "string") if name == "doc" else (name, type_of(field))
            needed = "" if name in described["required"] or (name == "uri" and names_doc) else "?"
            rows.append(f"  {name}{needed}: {kind};")
        body = "\n".join(rows)
        parts.append(f"/** {described['description']} */\nexport interface {cls.__name__} {{\n{body}\n}}")
        names.append(cls.__name__)
    return "\n\n".join(parts) + f"\n\nexport type Observed =\n  | {f'{chr(10)}  | '.join(names)};\n"


def table() -> str:
    rows = [
        "# Events",
        "",
        "Generated from `pairlog/events.py` by `make gen`. Every line also has `seq`, `t` (milliseconds",
        "since the session began) and `type`. Fields that a line may lack are in *italics*; behind each",
        "field stands its kind ([what the kinds mean](decisions.md#kinds)).",
        "",
        "| type | what it is | fields |",
        "|---|---|---|",
    ]
    for name, cls in TYPES.items():
        described = event_schema(cls)
        cells = []
        for field, property_ in described["properties"].items():
            if field in ("type", "seq", "t"):
                continue
            mark = f"`{field}`" if field in described["required"] else f"*`{field}`*"
            cells.append(f"{mark} {property_['x-kind']}")
        rows.append(f"| `{name}` | {described['description']} | {', '.join(cells)} |")
    return "\n".join(rows) + "\n"


OUTPUTS = {
    "pairlog/data/events.schema.json": schema,
    "vscode-client/src/generated/observations.ts": typescript,
    "docs/events.md": table,
}


def main() -> int:
    stale = []
    for name, render in OUTPUTS.items():
        file, text = ROOT / name, render()
        if file.is_file() and file.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"{name}: {'stale; run `make gen`' if '--check' in sys.argv else 'written'}")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())

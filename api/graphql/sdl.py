"""The schema as text, for developers of clients. Renew it: `python -m api.graphql.sdl`."""

from pathlib import Path

from api.graphql.schema import schema

FILE = Path(__file__).with_name("schema.graphql")


def text() -> str:
    return schema.as_str() + "\n"


if __name__ == "__main__":
    FILE.write_text(text())

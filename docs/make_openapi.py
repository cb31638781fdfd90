"""Write the OpenAPI document of the HTTP API from its routes: ``python docs/make_openapi.py``.

A test says whether ``docs/contract/openapi.json`` is current.
"""

from __future__ import annotations

from pathlib import Path

from skystork.app.http.api import contract

TARGET = Path(__file__).parent / "contract" / "openapi.json"

if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_bytes(contract())
    print(TARGET.name)

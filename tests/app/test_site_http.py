"""``[http]`` of a site: served where it says, with its limits and provider; what is wrong is told before."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from tests_support.http_world import HttpWorld, play
from tests_support.identity_provider import CLIENT_ID, identity_provider
from tests_support.play import write_site

from skystork.app.site import load_site
from skystork.app.site_http import HttpSettings, listening, read_http
from skystork.control.roles import Role
from skystork.errors import ConfigError
from skystork.shell.http_address import Listen

OIDC = {"issuer": "https://login.example.net", "client_id": "skystork", "roles": {"ops": "supervisor"}}


def read(folder: Path, document: object, *, with_keys: bool = True) -> HttpSettings:
    return read_http(folder, document, "site.toml http", with_keys=with_keys)


def test_the_table_says_where_to_serve_and_the_command_line_may_say_otherwise(tmp_path: Path) -> None:
    own = read(tmp_path, {"listen": "0.0.0.0:8443", "certificate": "site.pem", "key": "site.key"})
    certificate, key = tmp_path / "site.pem", tmp_path / "site.key"
    assert listening(own, None, None, None) == Listen("0.0.0.0", 8443, certificate, key)
    assert listening(own, "192.0.2.7:1443", None, None) == Listen("192.0.2.7", 1443, certificate, key)
    other = (Path("other.pem"), Path("other.key"))
    assert listening(own, None, *other) == Listen("0.0.0.0", 8443, *other)
    assert listening(own, "off", None, None) is None
    assert listening(read(tmp_path, None), None, None, None) is None
    with pytest.raises(ConfigError, match="without TLS"):
        listening(read(tmp_path, None), "0.0.0.0:8080", None, None)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ([], "not a table"),
        ({"listn": "127.0.0.1:8080"}, "Did you mean listen?"),
        ({"listen": "0.0.0.0:8080"}, "site.toml http.listen: reachable from other machines without TLS"),
        ({"listen": "127.0.0.1:8080", "key": "site.key"}, "half of TLS"),
        ({"url": "http://ops.example.net"}, "no address of a server"),
        ({"url": "https://ops.example.net/console"}, "no address of a server"),
        ({"session_rate_hz": 0.0}, "1 to 10000"),
        ({"body_limit_bytes": 10**9}, "1024 to 65536"),
        ({"file_limit_bytes": "16 MiB"}, "a str"),
        ({"oidc": []}, "not a table"),
        ({"oidc": {**OIDC, "issuer": "http://login.example.net"}}, "no provider that can be trusted"),
        ({"oidc": {**OIDC, "issuer": "https://me:secret@login.example.net"}}, "no provider that can be trusted"),
        ({"oidc": {**OIDC, "roles": {}}}, "nobody could log in"),
        ({"oidc": {**OIDC, "roles": {"ops": "root"}}}, "no such role"),
        ({"oidc": {**OIDC, "roles": {"ops": 7}}}, "no such role"),
        ({"oidc": {**OIDC, "scopes": ["profile"]}}, "Add openid"),
        ({"oidc": {**OIDC, "client_id": ""}}, "client_id: empty"),
        ({"oidc": {**OIDC, "client_secret_file": "oidc.secret"}}, "cannot be read"),
        ({"listen": "0.0.0.0:443", "certificate": "a", "key": "b", "oidc": OIDC}, "http.url: missing"),
    ],
)
def test_what_is_wrong_with_it_is_told(tmp_path: Path, document: object, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, document)
    assert told in str(caught.value)


def test_a_secret_that_others_can_read_is_refused_and_told_to_nobody(tmp_path: Path) -> None:
    path = tmp_path / "oidc.secret"
    path.write_text("between us\n")
    path.chmod(0o640)
    document = {"oidc": {**OIDC, "client_secret_file": "oidc.secret"}}
    with pytest.raises(ConfigError, match="others can read the secret") as caught:
        read(tmp_path, document)
    assert "between us" not in str(caught.value)
    assert read(tmp_path, document, with_keys=False).oidc is not None, "other commands do not need it"
    path.chmod(0o600)
    oidc = read(tmp_path, document).oidc
    assert oidc is not None
    assert oidc.client_secret == "between us"
    assert "between us" not in repr(oidc)


def test_a_served_site_has_the_limits_and_the_provider_of_its_table(tmp_path: Path) -> None:
    folder = write_site(tmp_path / "site", "LC-1")
    with identity_provider() as provider, (folder / "site.toml").open("a") as file:
        file.write('\n[http]\nanonymous_rate_hz = 0.5\nbody_limit_bytes = 1024\nurl = "https://ops.example.net"\n')
        file.write(f'[http.oidc]\nissuer = "{provider.issuer}"\nclient_id = "{CLIENT_ID}"\nlabel = "Ops login"\n')
        file.write('[http.oidc.roles]\nops = "supervisor"\n')
        file.flush()

        async def script(world: HttpWorld) -> None:
            token = world.token(Role.PARTNER)
            long = {"Idempotency-Key": "k", "Content-Type": "application/json"}
            answer = await world.client.post("/v1/orders", content=b" " * 1025, headers=token | long)
            assert answer.status_code == 413
            ways = await world.client.get("/v1/session/ways")
            assert ways.json()["singleSignOn"]["label"] == "Ops login"
            assert (await world.client.get("/v1/health")).status_code == 429, "one in two seconds, and one saved up"
            world.forget_rates()
            begun = await world.client.get("/v1/session/oidc", headers={"Host": "ops.example.net"})
            where = httpx.URL(begun.headers["location"])
            assert where.params["redirect_uri"] == "https://ops.example.net/v1/session/oidc/callback"
            assert "; Secure" in begun.headers["set-cookie"], "browsers come in over TLS by that address"

        play(tmp_path / "state", script, load_site(folder))

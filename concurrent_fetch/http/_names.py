"""What names say: which fields and query parameters are secret, which fields may go anywhere."""

import re
from functools import lru_cache
from unicodedata import normalize
from urllib.parse import unquote_plus

SECRET_NAMES = frozenset(
    {
        *("cookie", "setcookie", "session", "sid"),
        *("auth", "bearer", "hmac", "jwt", "key", "otp", "pass", "pwd", "pw", "sig"),
    }
)
"""Names of secrets."""
SECRET_ENDINGS = (
    *("token", "secret", "password", "passwd", "passphrase", "signature", "authorization"),
    *("credential", "credentials", "apikey", "accesskey", "accesskeyid", "secretkey"),
    *("privatekey", "subscriptionkey", "sessionid"),
)
"""How names of secrets end, too: as `access_token` and `X-Amz-Signature` do."""

_FOR_ANYBODY = frozenset(
    {
        *("accept", "accept-charset", "accept-encoding", "accept-language", "cache-control"),
        *("connection", "dnt", "pragma", "range", "sec-gpc", "upgrade-insecure-requests"),
        *("if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since"),
        "user-agent",
    }
)
_NOT_COUNTED = re.compile(r"[\W_]+")


@lru_cache(1024)  # the URLs of a set name the same few
def is_secret(name: str, also: tuple[str, ...] = ()) -> bool:
    """Whether a field or a parameter of that name, percent-encoded perhaps, holds a secret.

    A name counts in lower case and by its letters and digits only, so that `X-Api-Key`, `api_key`
    and `apiKey` are one. `also` names what is secret besides, as `Options.secret_params` does.
    """
    bare = _bare(name)
    return bare in SECRET_NAMES or bare.endswith(SECRET_ENDINGS) or bare in map(_bare, also)


def may_go_anywhere(name: str) -> bool:
    """Whether a field that was given for one origin may be sent to another: it tells no secret."""
    return name.lower() in _FOR_ANYBODY


def _bare(name: str) -> str:
    name = unquote_plus(name)
    if not name.isascii():
        name = normalize("NFKC", name)
    return _NOT_COUNTED.sub("", name).lower().rstrip("0123456789")  # of an array: token[0]

"""Pretend secrets, put together from parts so that no scanner takes them for real ones."""

import base64

ALNUM = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9fG1hJ3kL5mN7pQ9rS"
HEX = "0123456789abcdef" * 4
JWT = ".".join(("ey" + "JhbGciOiJSUzI1NiJ9", "ey" + "JzdWIiOiJzeXN0ZW0ifQ", ALNUM[:43]))
PEM_BODY = "\n".join(("MII" + ALNUM, ALNUM + "+/AB", "q9Z=="))


def pem(kind: str = "RSA PRIVATE KEY") -> str:
    return f"-----BEGIN {kind}-----\n{PEM_BODY}\n-----END {kind}-----"


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


TOKENS = {
    "jwt": JWT,
    "aws": "AKIA" + "ABCDEFGHIJKLMNOP",
    "google": "AI" + "za" + ALNUM[:35],
    "google-oauth": "ya29" + "." + ALNUM[:30],
    "github": "gh" + "p_" + ALNUM[:36],
    "github-fine": "github" + "_pat_" + ALNUM[:40],
    "gitlab": "gl" + "pat-" + ALNUM[:20],
    "slack": "xo" + "xb-" + "123456789012-" + ALNUM[:24],
    "slack-hook": "https://hooks.slack" + ".com/services/T0/B0/" + ALNUM[:24],
    "npm": "np" + "m_" + ALNUM[:36],
    "pypi": "py" + "pi-AgE" + ALNUM[:50],
    "stripe": "sk" + "_live_" + ALNUM[:24],
    "openai": "s" + "k-proj-" + ALNUM[:40],
    "anthropic": "sk" + "-ant-api03-" + ALNUM[:40],
    "huggingface": "h" + "f_" + ALNUM[:34],
    "vault": "hv" + "s." + ALNUM[:30],
    "dynatrace": "dt0" + "c01." + "ABCDEFGH23456789ABCDEFGH" + "." + "A2" * 32,
    "grafana": "gl" + "sa_" + ALNUM[:32] + "_12ab34cd",
    "openshift": "sha256" + "~" + ALNUM[:43],
    "docker": "dckr" + "_pat_" + ALNUM[:27],
    "sendgrid": "S" + "G." + ALNUM[:22] + "." + ALNUM[:43],
    "databricks": "da" + "pi" + HEX[:32],
    "azure": "abc8" + "Q~" + ALNUM[:34],
    "age": "AGE-SECRET" + "-KEY-1" + "Q" * 58,
    "pem": pem(),
    "openssh": pem("OPENSSH PRIVATE KEY"),
    "pem-in-base64": b64(pem()),
    "hash": "$2" + "b$12$" + ALNUM[:53],
}

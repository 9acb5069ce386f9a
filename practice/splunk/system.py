"""The endpoints about the system: server, sign-in, users, roles, apps and indexes."""

from starlette.requests import Request
from starlette.responses import Response

from practice.splunk import atom, double, replies
from practice.splunk.accounts import ACCOUNTS, ROLES, Account
from practice.splunk.atom import BUILD, VERSION, Entry
from practice.splunk.described import date
from practice.splunk.properties import INDEX
from practice.splunk.rows.source import Index
from practice.splunk.rows.store import GUID, SERVER

EVERYONE = atom.access("system", "", ["*"])
APPS = {"search": "Search & Reporting", "shop": "Shop", "launcher": "Home"}


def _entry(request: Request, name: str, path: str, content: atom.Content, owner: str) -> Entry:
    access = EVERYONE if owner == "system" else atom.access(owner, "search", ["*"], ["lead"])
    updated = double.of(request).updated()
    return Entry(name, path, content, updated, owner, {"list": path}, access=access)


async def login(request: Request) -> Response:
    """Begin a session."""
    form, found = double.form(request), double.of(request)
    key = found.sessions.sign_in(form.get("username"), form.get("password"), found.now())
    if key is None:
        return replies.refused(request, "Login failed", 401, "WARN")
    if form.mode == "json":
        return replies.value(request, "sessionKey", key)
    # Alone among all answers, this one has no declaration.
    body = f"<response>\n  <sessionKey>{key}</sessionKey>\n</response>\n"
    return Response(body, media_type=replies.XML)


async def sessions(request: Request) -> Response:
    """List one's sessions."""
    account = double.account(request)
    path = "/services/authentication/httpauth-tokens"
    entries = [
        _entry(
            request,
            key,
            f"{path}/{key}",
            {"authString": key, "searchId": "", "timeAccessed": "", "userName": account.name},
            "system",
        )
        for key in double.of(request).sessions.keys(account)
    ]
    return replies.listed(request, "httpauth-tokens", entries)


async def logout(request: Request) -> Response:
    """End a session."""
    if not double.of(request).sessions.sign_out(request.path_params["key"]):
        return replies.refused(request, "Could not find object", 404, "ERROR")
    return await sessions(request)


async def info(request: Request) -> Response:
    """Describe the server."""
    content = {
        "activeLicenseGroup": "Enterprise",
        "activeLicenseSubgroup": "Production",
        "addOns": {"hadoop": "external_results_provider"},
        "build": BUILD,
        "cpu_arch": "x86_64",
        "guid": GUID,
        "health_info": "green",
        "isForwarding": False,
        "isFree": False,
        "isTrial": False,
        "kvStoreStatus": "ready",
        "licenseKeys": ["PRACTICE"],
        "licenseSignature": "practice",
        "licenseState": "OK",
        "license_labels": ["Practice ground: a double, not the product"],
        "master_guid": GUID,
        "mode": "normal",
        "numberOfCores": 2,
        "os_build": "#1 SMP",
        "os_name": "Linux",
        "os_version": "6.1",
        "physicalMemoryMB": 8192,
        "product_type": "enterprise",
        "rtsearch_enabled": False,
        "serverName": SERVER,
        "server_roles": ["indexer", "search_head", "license_manager"],
        "startup_time": int(double.of(request).clock.now.timestamp()),
        "version": VERSION,
    }
    path = "/services/server/info/server-info"
    entry = _entry(request, "server-info", path, content, "system")
    return replies.listed(request, "server-info", [entry])


def _user(account: Account) -> atom.Content:
    return {
        "capabilities": sorted(account.capabilities),
        "defaultApp": "search",
        "email": f"{account.name}@practice.example",
        "realname": account.title,
        "roles": list(account.roles),
        "type": "Splunk",
        "tz": "UTC",
        "username": account.name,
    }


async def context(request: Request) -> Response:
    """Tell who one is."""
    account = double.account(request)
    path = "/services/authentication/current-context/context"
    entry = _entry(request, "context", path, _user(account), "system")
    return replies.listed(request, "current-context", [entry])


async def users(request: Request) -> Response:
    """List the users: all of them to those who may edit them, to others oneself."""
    mine = double.account(request)
    path = "/services/authentication/users"
    entries = [
        _entry(request, name, f"{path}/{name}", _user(account), "system")
        for name, account in ACCOUNTS.items()
        if mine.admin or account == mine
    ]
    return replies.listed(request, "users", entries)


async def roles(request: Request) -> Response:
    """List the roles, or show one."""
    path = "/services/authorization/roles"
    entries = [
        _entry(
            request,
            role.name,
            f"{path}/{role.name}",
            {
                "capabilities": list(role.capabilities),
                "imported_capabilities": [],
                "imported_roles": [],
                "imported_srchIndexesAllowed": [],
                "imported_srchIndexesDefault": [],
                "srchDiskQuota": 100,
                "srchFilter": "",
                "srchIndexesAllowed": list(role.allowed),
                "srchIndexesDefault": list(role.default),
                "srchIndexesDisallowed": [],
                "srchJobsQuota": 3,
                "srchTimeWin": -1,
            },
            "system",
        )
        for role in ROLES.values()
    ]
    name = double.named(request)
    if name is not None:
        return replies.one(request, "authorization", entries, name)
    return replies.listed(request, "authorization", entries)


async def apps(request: Request) -> Response:
    """List the apps."""
    entries = [
        _entry(
            request,
            name,
            f"/servicesNS/nobody/system/apps/local/{name}",
            {
                "check_for_updates": True,
                "configured": True,
                "disabled": False,
                "label": label,
                "state_change_requires_restart": False,
                "version": VERSION,
                "visible": True,
            },
            "nobody",
        )
        for name, label in APPS.items()
    ]
    return replies.listed(request, "localapps", entries)


def _index(request: Request, index: Index) -> Entry:
    now = double.of(request).now()
    count, span = index.count(0, now), index.span(now)
    content: dict[str, object] = {
        **INDEX,
        "coldPath": f"$SPLUNK_DB/{index.name}/colddb",
        "homePath": f"$SPLUNK_DB/{index.name}/db",
        "thawedPath": f"$SPLUNK_DB/{index.name}/thaweddb",
        "currentDBSizeMB": 1 + count * 400 // 1_000_000,
        "datatype": "event",
        "disabled": index.disabled,
        "frozenTimePeriodInSecs": index.frozen,
        "isInternal": index.internal,
        "maxTime": date(span[1]) if span else "",
        "minTime": date(span[0]) if span else "",
        "totalEventCount": count,
    }
    for name in ("coldPath", "homePath", "thawedPath"):
        content[f"{name}_expanded"] = str(content[name]).replace("$SPLUNK_DB", "/practice/splunk")
    path = f"/servicesNS/nobody/system/data/indexes/{index.name}"
    return _entry(request, index.name, path, content, "nobody")


async def indexes(request: Request) -> Response:
    """List the indexes that one may search, or show one."""
    visible = double.of(request).visible(double.account(request))
    entries = [_index(request, index) for index in visible]
    name = double.named(request)
    if name is not None:
        return replies.one(request, "indexes", entries, name)
    return replies.listed(request, "indexes", entries, create="/_new", _reload="/_reload")

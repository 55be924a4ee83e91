# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A controller to try definitions on, over a real socket: the part of AWX's REST API that awx.awx uses.

It keeps what it is given, finds it again, hides secrets, and refuses what depends on what is there. Nothing is run, but
that a project is "synced": its playbooks are those of a folder.

    python tests/awx/controller.py --project docs/examples/awx-project --info FILE
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Item = dict[str, Any]

HIDDEN = "$encrypted$"
PASSWORD = "only-for-tests"
KINDS = (
    "organizations",
    "execution_environments",
    "credential_types",
    "credentials",
    "projects",
    "notification_templates",
    "inventories",
    "inventory_sources",
    "job_templates",
    "workflow_job_templates",
    "workflow_job_template_nodes",
    "workflow_approval_templates",
    "schedules",
)
UNIFIED = ("projects", "inventory_sources", "job_templates", "workflow_job_templates")
KEYS = {
    "organization": ("organizations",),
    "credential_type": ("credential_types",),
    "credential": ("credentials",),
    "default_environment": ("execution_environments",),
    "execution_environment": ("execution_environments",),
    "inventory": ("inventories",),
    "project": ("projects",),
    "source_project": ("projects",),
    "workflow_job_template": ("workflow_job_templates",),
    "unified_job_template": (*UNIFIED, "workflow_approval_templates"),
}
OWNED = {
    "inventories": ("inventory_sources", "inventory"),
    "workflow_job_templates": ("workflow_job_template_nodes", "workflow_job_template"),
}
REQUIRED = {
    "credential_types": ("kind",),
    "credentials": ("credential_type", "organization"),
    "inventories": ("organization",),
    "inventory_sources": ("inventory", "source"),
    "job_templates": ("inventory", "project", "playbook"),
    "schedules": ("rrule", "unified_job_template"),
    "notification_templates": ("organization", "notification_type"),
    "workflow_job_template_nodes": ("workflow_job_template",),
}
SECRET_SETTINGS = ("password", "token")
PROMPTS = {"limit": "ask_limit_on_launch", "job_slice_count": "ask_job_slice_count_on_launch"}


class Refused(Exception):
    """A refusal, with its status."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class Controller:
    """What the controller has: objects by id, and what they are associated with."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.numbers = itertools.count(1)
        self.items: dict[int, Item] = {}
        self.secrets: dict[int, Item] = {}
        self.surveys: dict[int, Item] = {}
        self.links: dict[tuple[int, str], list[int]] = {}
        self.writes: list[str] = []
        self.add("organizations", {"name": "Default"})

    # What is there

    def of(self, kind: str) -> list[Item]:
        kinds = UNIFIED if kind == "unified_job_templates" else (kind,)
        return [item for item in self.items.values() if item["of"] in kinds]

    def get(self, kind: str, number: int) -> Item:
        item = self.items.get(number)
        if item is None or item["of"] != kind:
            raise Refused(404, "Not found.")
        return item

    def find(self, kind: str, filters: list[tuple[str, str]]) -> list[Item]:
        either = [(name[4:], value) for name, value in filters if name.startswith("or__")]
        every = [(name, value) for name, value in filters if not name.startswith(("or__", "page"))]
        return [
            item
            for item in self.of(kind)
            if all(self._fits(item, name, value) for name, value in every)
            and (not either or any(self._fits(item, name, value) for name, value in either))
        ]

    def _fits(self, item: Item, name: str, wanted: str) -> bool:
        *path, last = name.split("__")
        is_start = last == "startswith"
        if is_start:
            last = path.pop()
        for step in path:
            if step not in KEYS:
                raise Refused(400, f"Invalid filter {name}")
            item = self.items.get(item.get(step) or 0, {})
        if item and last not in item and last not in ("organization", "pending_deletion", "identifier"):
            raise Refused(400, f"{item.get('of')} has no field {last}")
        value = str(item.get(last, "")).lower() if wanted in ("true", "false") else str(item.get(last))
        return value.startswith(wanted) if is_start else value == wanted

    def shown(self, item: Item) -> Item:
        shown = {name: value for name, value in item.items() if name != "of"}
        base = item["url"]
        shown["related"] = {"survey_spec": f"{base}survey_spec/", "update": f"{base}update/"}
        if item.get("unified_job_template"):
            template = self.items[item["unified_job_template"]]
            shown["related"]["unified_job_template"] = template["url"]
        shown["summary_fields"] = {
            name: {"id": item[name], "name": self.items[item[name]].get("name")}
            for name in KEYS
            if item.get(name) in self.items
        }
        return shown

    # What changes

    def add(self, kind: str, given: Item) -> Item:
        number = next(self.numbers)
        kind_word = "inventory" if kind == "inventories" else kind[:-1]
        item = {"id": number, "type": kind_word, "of": kind, "url": f"/api/v2/{kind}/{number}/", "managed": False}
        if kind == "inventories":
            item["pending_deletion"] = False
        if kind == "projects":
            item["scm_revision"] = "0123abcd"
        self._set(item, given, fresh=True)
        self.items[number] = item
        self.writes.append(f"POST {kind} {item.get('name', item.get('identifier'))}")
        return item

    def change(self, item: Item, given: Item) -> None:
        self._set(item, given, fresh=False)
        self.writes.append(f"PATCH {item['of']} {item.get('name', item.get('identifier'))}")

    def _set(self, item: Item, given: Item, *, fresh: bool) -> None:
        kind = item["of"]
        whole = {**item, **given}
        for name, kinds in KEYS.items():
            value = given.get(name)
            if value not in (None, "") and self.items.get(int(value), {}).get("of") not in kinds:
                raise Refused(400, f"Invalid {name}: object does not exist.")
        missing = [name for name in REQUIRED.get(kind, ()) if whole.get(name) in (None, "")]
        if missing:
            raise Refused(400, f"{missing[0]}: This field is required.")
        if kind == "inventory_sources":
            given = {**given, "organization": self.items[whole["inventory"]]["organization"]}
        scope = {
            "credentials": ("name", "organization", "credential_type"),
            "inventory_sources": ("name", "inventory"),
            "workflow_job_template_nodes": ("identifier", "workflow_job_template"),
            "schedules": ("name", "unified_job_template"),
        }.get(kind, ("name", "organization"))
        for other in self.of(kind):
            if other["id"] != item["id"] and all(other.get(name) == whole.get(name) for name in scope):
                raise Refused(400, f"{kind} with this name already exists.")
        getattr(self, f"_check_{kind}", lambda *_: None)(item, whole, given, fresh)
        if kind == "credentials" and "inputs" in given:
            given = {**given, "inputs": self._hidden(item, whole, given["inputs"])}
        if kind == "notification_templates" and "notification_configuration" in given:
            settings = given["notification_configuration"]
            given = {
                **given,
                "notification_configuration": {
                    name: HIDDEN if name in SECRET_SETTINGS and value else value for name, value in settings.items()
                },
            }
        item.update(given)

    def _hidden(self, item: Item, whole: Item, inputs: Item) -> Item:
        fields = {field["id"]: field for field in self.items[whole["credential_type"]]["inputs"]["fields"]}
        unknown = set(inputs) - set(fields)
        if unknown:
            raise Refused(400, f"inputs: {unknown} is not allowed")
        kept = self.secrets.get(item["id"], {})
        self.secrets[item["id"]] = {
            name: kept.get(name) if value == HIDDEN else value for name, value in inputs.items()
        }
        return {name: HIDDEN if fields[name].get("secret") and value else value for name, value in inputs.items()}

    def _check_credential_types(self, item: Item, whole: Item, given: Item, fresh: bool) -> None:
        used = any(one["credential_type"] == item["id"] for one in self.of("credentials"))
        if used and not fresh and given.get("inputs", item["inputs"]) != item["inputs"]:
            raise Refused(403, "Modifications to inputs are not allowed for credential types that are in use")

    def _check_job_templates(self, item: Item, whole: Item, given: Item, fresh: bool) -> None:
        if not (self.project / str(whole["playbook"])).is_file():
            raise Refused(400, "playbook: Playbook not found for project.")
        if not isinstance(whole.get("extra_vars", ""), str):
            raise Refused(400, "extra_vars: Not a valid string.")

    def _check_inventory_sources(self, item: Item, whole: Item, given: Item, fresh: bool) -> None:
        if not (self.project / str(whole["source_path"])).is_file():
            raise Refused(400, "source_path: not found in the project")

    def _check_schedules(self, item: Item, whole: Item, given: Item, fresh: bool) -> None:
        self._check_launch(whole, required=True)

    def _check_workflow_job_template_nodes(self, item: Item, whole: Item, given: Item, fresh: bool) -> None:
        self._check_launch(whole, required=False)

    def _check_launch(self, launch: Item, *, required: bool) -> None:
        template = self.items.get(launch.get("unified_job_template") or 0, {})
        questions = {one["variable"]: one for one in self.surveys.get(template.get("id", 0), {}).get("spec", [])}
        extra = launch.get("extra_data") or {}
        for name in extra:
            if name not in questions:
                raise Refused(400, f"Variables {name} are not allowed on launch.")
            choices = questions[name].get("choices")
            if choices and extra[name] not in choices:
                raise Refused(400, f"{name}: not one of {choices}")
        for name, question in questions.items():
            if required and question["required"] and name not in extra:
                raise Refused(400, f"'{name}' value missing")
        for name, prompt in PROMPTS.items():
            if launch.get(name) and not template.get(prompt):
                raise Refused(400, f"{name}: Field is not configured to prompt on launch.")

    def link(self, item: Item, association: str, given: Item) -> None:
        linked = self.links.setdefault((item["id"], association), [])
        other = self.items[given["id"]]
        if given.get("disassociate"):
            linked.remove(given["id"])
        else:
            kinds = [self.items[one].get("credential_type") for one in linked]
            if association == "credentials" and other["credential_type"] in kinds:
                raise Refused(400, "Cannot assign multiple credentials of the same type.")
            linked.append(given["id"])
        self.writes.append(f"LINK {item.get('name', item.get('identifier'))} {association}")

    def remove(self, item: Item) -> None:
        number, kind = item["id"], item["of"]
        if kind == "organizations":
            raise Refused(403, "Nobody may delete an organization here.")
        if kind == "credential_types" and any(one["credential_type"] == number for one in self.of("credentials")):
            raise Refused(403, "Credential types that are in use cannot be deleted.")
        owned = [OWNED[kind]] if kind in OWNED else []
        owned += [("schedules", "unified_job_template"), ("workflow_job_template_nodes", "unified_job_template")]
        for other_kind, name in owned:
            for other in self.of(other_kind):
                if other.get(name) == number:
                    del self.items[other["id"]]
                    if self.items.get(other.get("unified_job_template"), {}).get("of") == "workflow_approval_templates":
                        del self.items[other["unified_job_template"]]
        del self.items[number]
        self.links = {key: [one for one in ids if one != number] for key, ids in self.links.items() if key[0] != number}
        self.writes.append(f"DELETE {kind} {item.get('name')}")

    def set_survey(self, item: Item, spec: Item) -> None:
        if not (isinstance(spec.get("name"), str) and isinstance(spec.get("description"), str) and spec.get("spec")):
            raise Refused(400, "Field 'name', 'description' or 'spec' is missing from survey spec.")
        self.surveys[item["id"]] = spec
        self.writes.append(f"POST survey {item['name']}")

    def summary(self) -> Item:
        return {kind: sorted(str(one.get("name", one.get("identifier"))) for one in self.of(kind)) for kind in KINDS}


_PATH = re.compile(r"/api/v2/(?P<kind>\w+)/(?:(?P<id>\d+)/(?:(?P<sub>\w+)/)?)?$")


class Handler(BaseHTTPRequestHandler):
    controller: Controller
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_PATCH = do_DELETE = do_GET

    def log_message(self, *_: Any) -> None:
        pass

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            status, answer = self._route(json.loads(body or "{}"))
        except Refused as refused:
            status, answer = refused.status, {"__all__": [str(refused)], "detail": str(refused), "error": str(refused)}
        text = b"" if status == 204 else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-API-Product-Name", "AWX")
        self.send_header("X-API-Product-Version", "24.6.1")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _route(self, given: Item) -> tuple[int, Any]:
        parts = urlsplit(self.path)
        controller = self.controller
        if parts.path == "/controller/summary/":
            return 200, {"objects": controller.summary(), "writes": len(controller.writes)}
        if parts.path == "/controller/whole/":
            links = {f"{controller.items[key[0]]['url']}{key[1]}": ids for key, ids in controller.links.items() if ids}
            return 200, {"items": controller.items, "surveys": controller.surveys, "links": links}
        if parts.path == "/api/v2/tokens/":
            return 201, {"id": 1, "token": PASSWORD}
        if re.fullmatch(r"/api/v2/tokens/\d+/", parts.path):
            return 204, None
        if self.headers.get("Authorization") != f"Bearer {PASSWORD}":
            return 401, {"detail": "Authentication credentials were not provided."}
        match = _PATH.match(parts.path)
        if match is None or match["kind"] not in (*KINDS, "unified_job_templates", "project_updates"):
            raise Refused(404, "Not found.")
        kind, number, sub = match["kind"], match["id"], match["sub"]
        if kind == "project_updates":
            done = {"status": "successful", "failed": False, "finished": "now", "event_processing_finished": True}
            return 200, {"id": int(number), **done, "scm_revision": "0123abcd"}
        if number is None:
            return self._list(kind, given, parse_qsl(parts.query, keep_blank_values=True))
        item = controller.get(kind, int(number))
        return self._sub(item, sub, given) if sub else self._one(item, given)

    def _list(self, kind: str, given: Item, filters: list[tuple[str, str]]) -> tuple[int, Any]:
        if self.command == "POST":
            return 201, self.controller.shown(self.controller.add(kind, given))
        found = [self.controller.shown(item) for item in self.controller.find(kind, filters)]
        return 200, {"count": len(found), "next": None, "previous": None, "results": found}

    def _one(self, item: Item, given: Item) -> tuple[int, Any]:
        if self.command == "DELETE":
            self.controller.remove(item)
            return 204, None
        if self.command == "PATCH":
            self.controller.change(item, given)
        return 200, self.controller.shown(item)

    def _sub(self, item: Item, sub: str, given: Item) -> tuple[int, Any]:
        controller = self.controller
        if sub == "survey_spec":
            if self.command == "POST":
                controller.set_survey(item, given)
                return 200, {}
            return 200, controller.surveys.get(item["id"], {})
        if sub == "update":
            return 202, {"id": item["id"], "url": f"/api/v2/project_updates/{item['id']}/"}
        if sub == "create_approval_template":
            approval = controller.add("workflow_approval_templates", given)
            item["unified_job_template"] = approval["id"]
            return 201, controller.shown(approval)
        if item["of"] == "workflow_approval_templates":
            raise Refused(404, "Not found.")
        if self.command == "POST":
            controller.link(item, sub, given)
            return 204, None
        linked = [controller.shown(controller.items[one]) for one in controller.links.get((item["id"], sub), [])]
        return 200, {"count": len(linked), "next": None, "previous": None, "results": linked}


def serve(project: Path) -> ThreadingHTTPServer:
    """Return a server of a controller that has nothing yet; the caller lets it run."""

    class Its(Handler):
        controller = Controller(project)

    return ThreadingHTTPServer(("127.0.0.1", 0), Its)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--project", type=Path, required=True)
    parser.add_argument("--info", type=Path, required=True, help="where its address and process id are written")
    arguments = parser.parse_args()
    server = serve(arguments.project)
    info = {"url": f"http://127.0.0.1:{server.server_port}", "pid": os.getpid(), "token": PASSWORD}
    partial = arguments.info.with_suffix(".part")
    partial.write_text(json.dumps(info))
    partial.replace(arguments.info)
    server.serve_forever()


if __name__ == "__main__":
    main()

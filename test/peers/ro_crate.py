"""What a public validator says of a crate: python3 ro_crate.py CRATE PROFILE SEVERITY

Prints a JSON list of the requirements that are not met, those of the profiles that it is based on included. Nothing is
downloaded: the JSON-LD context of RO-Crate 1.1 is that of ro-crate-py 0.11 (later ones have that of 1.3).
Needs roc-validator and rocrate==0.11.0 of PyPI.
"""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import requests
from rocrate_validator import models, services

CONTEXT_URL = "https://w3id.org/ro/crate/1.1/context"
# Of the package no more than this file: it need not be whole.
CONTEXT = Path(find_spec("rocrate").origin).parent / "data" / "ro-crate.jsonld"


def send(self, request, **_):
    if request.url.rstrip("/") != CONTEXT_URL:
        raise requests.ConnectionError(f"nothing is downloaded: {request.url}")
    response = requests.Response()
    response.status_code = 200
    response.url = request.url
    response.request = request
    response.headers["Content-Type"] = "application/ld+json"
    response._content = CONTEXT.read_bytes()
    return response


requests.adapters.HTTPAdapter.send = send
crate, profile, severity = sys.argv[1:]
settings = services.ValidationSettings(
    rocrate_uri=models.URI(crate),
    profile_identifier=profile,
    requirement_severity=getattr(models.Severity, severity),
    no_cache=True,
)
issues = [
    {"check": issue.check.identifier, "message": issue.message, "on": issue.violatingEntity}
    for issue in services.validate(settings).get_issues()
]
print(json.dumps(issues, indent=1, default=str))

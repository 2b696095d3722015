"""The smallest loop around the handler: an event, an answer, over one connection."""
import http.client
import json
import os

from authorizer import authorize

ROOT = "/2018-06-01/runtime/invocation"
service = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

while True:
    service.request("GET", f"{ROOT}/next")
    event = service.getresponse()
    request = event.getheader("Lambda-Runtime-Aws-Request-Id")
    try:
        kind, answer = "response", authorize(json.load(event))
    except PermissionError as refusal:
        kind, answer = "error", {"errorMessage": str(refusal), "errorType": "Unauthorized"}
    service.request("POST", f"{ROOT}/{request}/{kind}", json.dumps(answer), {"Content-Type": "application/json"})
    service.getresponse().read()

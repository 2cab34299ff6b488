"""A payment service that answers in memory, where the network would be."""

import json

import requests
from requests.adapters import BaseAdapter

URL = "https://pay.example.com/charges"
CHARGES = {}


def reset():
    CHARGES.clear()


def effects():
    return dict(CHARGES)


class Service(BaseAdapter):
    def send(self, request, **_):
        response = requests.Response()
        response.status_code = 200
        response.url, response.request = request.url, request
        response._content = b"{}"
        CHARGES[request.url.rpartition("/")[2]] = json.loads(request.body)
        return response

    def close(self):
        """Nothing is open."""


def session():
    found = requests.Session()
    found.mount("https://", Service())
    return found
